#include "engine/ops/cuda_elements.cuh"
#include "engine/ops/softmax_nll.h"

namespace pgolf {
namespace {

constexpr int kThreads = kElementThreads;  // of a block, which works on one row

__device__ float block_max(float x) {
  __shared__ float shared[kThreads / kWarp];
  for (int offset = kWarp / 2; offset > 0; offset /= 2) x = fmaxf(x, __shfl_xor_sync(0xffffffffU, x, offset));
  __syncthreads();
  if (threadIdx.x % kWarp == 0) shared[threadIdx.x / kWarp] = x;
  __syncthreads();
  for (const float other : shared) x = fmaxf(x, other);
  return x;
}

__device__ float block_total(float x) {
  __shared__ float shared[kThreads / kWarp];
  x = warp_sum(x);
  __syncthreads();
  if (threadIdx.x % kWarp == 0) shared[threadIdx.x / kWarp] = x;
  __syncthreads();
  x = 0;
  for (const float other : shared) x += other;
  return x;
}

// The sum over the row of f(z_j), for every thread.
template <class T, class F>
__device__ float row_sum(const T* z, int vocab, F f) {
  float sum = 0;
  for (int j = threadIdx.x; j < vocab; j += kThreads) sum += f(to_float(z[j]));
  return block_total(sum);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    nll_kernel(const T* logits, const int32_t* targets, float temperature, float* nll, float* entropy, int vocab) {
  const T* z = logits + static_cast<int64_t>(blockIdx.x) * vocab;
  float max = -INFINITY;
  for (int j = threadIdx.x; j < vocab; j += kThreads) max = fmaxf(max, to_float(z[j]));
  max = block_max(max);
  const auto log_sum_exp = [&](float tau) {
    return max / tau + logf(row_sum(z, vocab, [&](float x) { return expf(x / tau - max / tau); }));
  };
  float tau = 1.0F, lse = log_sum_exp(1.0F);
  if (temperature != 1.0F) {
    const float h = row_sum(z, vocab, [&](float x) {
      const float p = expf(x - lse);
      return -p * logf(p + 1e-10F);
    });
    tau = fminf(fmaxf(1.0F - (1.0F - temperature) * (1.0F - h / logf(static_cast<float>(vocab))), 0.9F), 1.05F);
    lse = log_sum_exp(tau);
  }
  const float h = row_sum(z, vocab, [&](float x) {
    const float log_q = x / tau - lse;
    return -expf(log_q) * log_q;
  });
  if (threadIdx.x > 0) return;
  nll[blockIdx.x] = lse - to_float(z[targets[blockIdx.x]]) / tau;
  entropy[blockIdx.x] = h;
}

}  // namespace

template <>
void SoftmaxNllKernel<Cuda>::run(Context& ctx, const Tensor& z, const Tensor& targets, float temperature,
                                 const SoftmaxNll& out) {
  with_type(z.dtype, [&](auto type) {
    using T = decltype(type);
    nll_kernel<<<static_cast<unsigned>(z.rows()), kThreads, 0, work_queue(ctx)>>>(
        pointer<T>(z), targets.as<int32_t>(), temperature, pointer<float>(out.nll), pointer<float>(out.entropy),
        static_cast<int>(z.cols()));
  });
  launched("softmax_nll");
}

}  // namespace pgolf
