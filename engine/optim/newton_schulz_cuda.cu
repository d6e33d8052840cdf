#include "engine/ops/cuda_elements.cuh"
#include "engine/optim/newton_schulz.h"

namespace pgolf {
namespace {

constexpr int kBlocksPerMatrix = 32;

// partial[matrix, block]: the block's share of the sum of squares.
template <class T>
__global__ void __launch_bounds__(kElementThreads) squares_kernel(const T* x, int64_t numel, float* partial) {
  const T* matrix = x + blockIdx.y * numel;
  float sums[1] = {0};
#pragma unroll 4
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kElementThreads + threadIdx.x; i < numel;
       i += kBlocksPerMatrix * kElementThreads) {
    const float v = to_float(matrix[i]);
    sums[0] += v * v;
  }
  write_block_sums(sums, partial + blockIdx.y * kBlocksPerMatrix + blockIdx.x);
}

template <class T>
__global__ void __launch_bounds__(kElementThreads) divide_kernel(T* x, int64_t numel, const float* partial) {
  float sum = 0;
  for (int i = 0; i < kBlocksPerMatrix; ++i) sum += partial[blockIdx.y * kBlocksPerMatrix + i];
  const float inverse = 1.0F / (sqrtf(sum) + 1e-7F);
  T* matrix = x + blockIdx.y * numel;
#pragma unroll 4
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kElementThreads + threadIdx.x; i < numel;
       i += kBlocksPerMatrix * kElementThreads)
    matrix[i] = from_float<T>(to_float(matrix[i]) * inverse);
}

template <class T>
struct Combine {
  const T* gram;
  T* square;
  float b, c;
  template <int kVec>
  __device__ void run(int64_t i) const {
    float a1[kVec], a2[kVec];
    load(gram + i, a1);
    load(square + i, a2);
    for (int j = 0; j < kVec; ++j) a2[j] = b * a1[j] + c * a2[j];
    store(square + i, a2);
  }
};

}  // namespace

template <>
void NewtonSchulzKernel<Cuda>::normalize(Context& ctx, const Tensor& x) {
  const ArenaScope scope(ctx.scratch());
  const Tensor partial = ctx.scratch().alloc({x.shape[0], kBlocksPerMatrix}, DType::f32);
  const dim3 grid(kBlocksPerMatrix, static_cast<unsigned>(x.shape[0]));
  const int64_t numel = x.shape[1] * x.shape[2];
  with_type(x.dtype, [&](auto type) {
    using T = decltype(type);
    squares_kernel<<<grid, kElementThreads, 0, work_queue(ctx)>>>(pointer<T>(x), numel, pointer<float>(partial));
    divide_kernel<<<grid, kElementThreads, 0, work_queue(ctx)>>>(pointer<T>(x), numel, pointer<float>(partial));
  });
  launched("Newton-Schulz");
}

template <>
void NewtonSchulzKernel<Cuda>::combine(Context& ctx, const Tensor& gram, const Tensor& square, float b, float c) {
  with_type(gram.dtype, [&](auto type) {
    using T = decltype(type);
    for_elements(ctx, "Newton-Schulz", gram.numel(), {gram.data, square.data},
                 Combine<T>{pointer<T>(gram), pointer<T>(square), b, c});
  });
}

}  // namespace pgolf
