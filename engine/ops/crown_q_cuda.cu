#include "engine/ops/crown_q.h"
#include "engine/ops/cuda_elements.cuh"

namespace pgolf {
namespace {

constexpr int kThreads = kElementThreads;  // of a block

// The largest magnitude of a row over `clip`, squared, in every lane.
__device__ float squared_delta(const float* row, int K, float clip) {
  float max = 0;
  for (int j = threadIdx.x % kWarp; j < K; j += kWarp) max = fmaxf(max, fabsf(row[j]));
  for (int offset = kWarp / 2; offset > 0; offset /= 2) max = fmaxf(max, __shfl_xor_sync(0xffffffffU, max, offset));
  return max / clip * (max / clip);
}

// A warp to a row.
__global__ void __launch_bounds__(kThreads)
    penalty_kernel(const float* weight, float clip, float factor, float* penalties, int64_t rows, int K) {
  const int64_t row = warp_in_grid();
  if (row >= rows) return;
  const float* w = weight + row * K;
  float squares = 0;
  for (int j = threadIdx.x % kWarp; j < K; j += kWarp) squares += w[j] * w[j];
  const float penalty = factor * squared_delta(w, K, clip) * warp_sum(squares);
  if (threadIdx.x % kWarp == 0) penalties[row] = penalty;
}

__global__ void __launch_bounds__(kThreads)
    penalty_gradient_kernel(const float* dloss, const float* weight, float clip, float factor, float* dweight, bool add,
                            int64_t rows, int K) {
  const int64_t row = warp_in_grid();
  if (row >= rows) return;
  const float each = *dloss * factor * squared_delta(weight + row * K, K, clip);
  for (int64_t j = row * K + threadIdx.x % kWarp; j < (row + 1) * K; j += kWarp) {
    float value[1] = {each * weight[j]};
    contribute(dweight + j, value, add);
  }
}

unsigned row_warps(int64_t rows) { return static_cast<unsigned>((rows * kWarp + kThreads - 1) / kThreads); }

}  // namespace

template <>
void CrownQKernel<Cuda>::add_penalty(Context& ctx, const Tensor& weight, int64_t clip, float factor,
                                     const Tensor& sum) {
  const ArenaScope scope(ctx.scratch());
  const Tensor penalties = ctx.scratch().alloc({weight.rows(), 1}, DType::f32);
  penalty_kernel<<<row_warps(weight.rows()), kThreads, 0, work_queue(ctx)>>>(
      pointer<float>(weight), static_cast<float>(clip), factor / static_cast<float>(weight.numel()),
      pointer<float>(penalties), weight.rows(), static_cast<int>(weight.cols()));
  launched("crown_q");
  sum_columns(ctx, penalties, {sum, true});
}

template <>
void CrownQKernel<Cuda>::backward(Context& ctx, const Tensor& dloss, const Tensor& weight, int64_t clip, float factor,
                                  GradTarget dweight) {
  if (!dweight.wanted()) return;
  penalty_gradient_kernel<<<row_warps(weight.rows()), kThreads, 0, work_queue(ctx)>>>(
      pointer<float>(dloss), pointer<float>(weight), static_cast<float>(clip),
      2.0F * factor / static_cast<float>(weight.numel()), pointer<float>(dweight.tensor), dweight.add, weight.rows(),
      static_cast<int>(weight.cols()));
  launched("crown_q");
}

}  // namespace pgolf
