#include "engine/ops/cuda_elements.cuh"
#include "engine/optim/muon.h"

namespace pgolf {
namespace {

// Matrices of a batch where they lie in the flat tensors.
struct BatchView {
  const int32_t* offsets;
  int rows, cols, total_rows;
  explicit BatchView(const MuonBatch& batch)
      : offsets(batch.offsets.as<int32_t>()),
        rows(static_cast<int>(batch.rows)),
        cols(static_cast<int>(batch.cols)),
        total_rows(static_cast<int>(batch.count * batch.rows)) {}
  __device__ int64_t offset(int row) const { return offsets[row / rows] + static_cast<int64_t>(row % rows) * cols; }
};

template <bool kBf16>
__device__ float stored(float x) {
  return kBf16 ? rounded<bf16>(x) : x;
}

// A warp to a row.
template <class T, bool kBf16>
__global__ void __launch_bounds__(kRowThreads)
    nesterov_kernel(BatchView batch, const float* grads, float* momentum, float mu, bool row_normalize, T* x) {
  const int row = static_cast<int>(warp_in_grid());
  if (row >= batch.total_rows) return;
  const int64_t offset = batch.offset(row);
  T* out = x + static_cast<int64_t>(row) * batch.cols;
  float squares = 0;
#pragma unroll 4
  for (int j = threadIdx.x % kWarp; j < batch.cols; j += kWarp) {
    const float g = stored<kBf16>(grads[offset + j]);
    const float buffer = stored<kBf16>(mu * momentum[offset + j] + g);
    momentum[offset + j] = buffer;
    const float u = stored<kBf16>(g + mu * buffer);
    squares += u * u;
    if (!row_normalize) out[j] = from_float<T>(u);
  }
  if (!row_normalize) return;
  const float norm = fmaxf(sqrtf(warp_sum(squares)), 1e-7F);
  for (int j = threadIdx.x % kWarp; j < batch.cols; j += kWarp) {
    const float g = stored<kBf16>(grads[offset + j]);
    const float u = stored<kBf16>(g + mu * momentum[offset + j]);
    out[j] = from_float<T>(stored<kBf16>(u / norm));
  }
}

template <class T>
__global__ void __launch_bounds__(kRowThreads)
    apply_kernel(BatchView batch, const T* o, float step, float keep, bool after, float* params) {
  const int row = static_cast<int>(warp_in_grid());
  if (row >= batch.total_rows) return;
  const int64_t offset = batch.offset(row);
  const T* update = o + static_cast<int64_t>(row) * batch.cols;
#pragma unroll 4
  for (int j = threadIdx.x % kWarp; j < batch.cols; j += kWarp) {
    const float change = step * to_float(update[j]), w = params[offset + j];
    params[offset + j] = after ? keep * (w - change) : keep * w - change;
  }
}

// A block to a row of x.
template <class T>
__global__ void __launch_bounds__(kElementThreads) center_kernel(T* x, int64_t n) {
  __shared__ float mean;
  T* row = x + static_cast<int64_t>(blockIdx.x) * n;
  float sums[1] = {0};
  for (int64_t i = threadIdx.x; i < n; i += kElementThreads) sums[0] += to_float(row[i]);
  write_block_sums(sums, &mean);
  __syncthreads();
  const float shift = mean / static_cast<float>(n);
  for (int64_t i = threadIdx.x; i < n; i += kElementThreads) row[i] = from_float<T>(to_float(row[i]) - shift);
}

unsigned blocks_for(const MuonBatch& batch) {
  constexpr int64_t kWarps = kRowThreads / kWarp;
  return static_cast<unsigned>((batch.count * batch.rows + kWarps - 1) / kWarps);
}

}  // namespace

template <>
void MuonKernel<Cuda>::nesterov(Context& ctx, const MuonBatch& batch, const Tensor& grads, const Tensor& momentum,
                                float mu, bool row_normalize, bool bf16, const Tensor& x) {
  with_type(x.dtype, [&](auto type) {
    using T = decltype(type);
    const auto kernel = bf16 ? nesterov_kernel<T, true> : nesterov_kernel<T, false>;
    kernel<<<blocks_for(batch), kRowThreads, 0, work_queue(ctx)>>>(
        BatchView(batch), pointer<float>(grads), pointer<float>(momentum), mu, row_normalize, pointer<T>(x));
  });
  launched("Muon");
}

template <>
void MuonKernel<Cuda>::center(Context& ctx, const Tensor& x) {
  with_type(x.dtype, [&](auto type) {
    using T = decltype(type);
    center_kernel<<<static_cast<unsigned>(x.rows()), kElementThreads, 0, work_queue(ctx)>>>(pointer<T>(x), x.cols());
  });
  launched("Muon");
}

template <>
void MuonKernel<Cuda>::apply(Context& ctx, const MuonBatch& batch, const Tensor& o, float step, float keep, bool after,
                             const Tensor& params) {
  with_type(o.dtype, [&](auto type) {
    using T = decltype(type);
    apply_kernel<<<blocks_for(batch), kRowThreads, 0, work_queue(ctx)>>>(BatchView(batch), pointer<T>(o), step, keep,
                                                                         after, pointer<float>(params));
  });
  launched("Muon");
}

}  // namespace pgolf
