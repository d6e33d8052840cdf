#include "engine/ops/cross_entropy.h"
#include "engine/ops/cuda_elements.cuh"

namespace pgolf {
namespace {

constexpr int kThreads = 256;      // of a block: one row of a wide vocabulary, or eight rows of a narrow one
constexpr int64_t kNarrow = 4096;  // logits that a warp reads faster than a block could agree on them
constexpr int kSumThreads = 1024;

// tanh(u): float32 logits exactly, bfloat16 logits by one fast exponential, whose error is far below their rounding.
template <class T>
__device__ float tanh_of(float u) {
  if constexpr (std::is_same_v<T, float>) {
    return tanhf(u);
  } else {
    return 1.0F - __fdividef(2.0F, __expf(2.0F * fminf(u, 40.0F)) + 1.0F);
  }
}

template <class T>
__device__ float exp_of(float x) {
  if constexpr (std::is_same_v<T, float>) {
    return expf(x);
  } else {
    return __expf(x);
  }
}

// The caps as a kernel is given them: the learned pair lies on the device.
struct CapSource {
  const float *positive, *negative;
  float cap;
  explicit CapSource(const Softcap& softcap)
      : positive(pointer<float>(softcap.positive)), negative(pointer<float>(softcap.negative)), cap(softcap.cap) {}
};

// Their values, with the reciprocals.
struct Caps {
  float positive, negative, inv_positive, inv_negative;

  __device__ explicit Caps(const CapSource& from)
      : positive(from.positive == nullptr ? from.cap : *from.positive),
        negative(from.negative == nullptr ? from.cap : *from.negative),
        inv_positive(1.0F / positive),
        inv_negative(1.0F / negative) {}
  __device__ float of(float logit) const { return logit > 0 ? positive : negative; }
  template <class T>
  __device__ float tanh_at(float logit) const {
    return tanh_of<T>(logit * (logit > 0 ? inv_positive : inv_negative));
  }
  template <class T>
  __device__ float apply(float logit) const {
    return of(logit) * tanh_at<T>(logit);
  }
};

// A row's sums: of exponentials, kept as sum · exp(max), and of the capped logits.
struct RowSums {
  float max = -INFINITY, sum = 0, total = 0;
  __device__ void raise(float top) {  // of more than the present maximum
    sum *= expf(max - top);
    max = top;
  }
  __device__ void merge(RowSums other) {
    if (other.max == -INFINITY) return;
    if (other.max > max) raise(other.max);
    sum += other.sum * expf(other.max - max);
    total += other.total;
  }
};

// Over the kGroup threads of a row; every thread has the result.
template <int kGroup>
__device__ RowSums reduce(RowSums mine, RowSums* shared) {
  for (int offset = kWarp / 2; offset > 0; offset /= 2) {
    const RowSums other{__shfl_xor_sync(0xffffffffU, mine.max, offset), __shfl_xor_sync(0xffffffffU, mine.sum, offset),
                        __shfl_xor_sync(0xffffffffU, mine.total, offset)};
    mine.merge(other);
  }
  if (kGroup == kWarp) return mine;
  if (threadIdx.x % kWarp == 0) shared[threadIdx.x / kWarp] = mine;
  __syncthreads();
  RowSums all;
  for (int warp = 0; warp < kGroup / kWarp; ++warp) all.merge(shared[warp]);
  return all;
}

template <int kGroup>
__device__ int64_t row_of_thread() {
  return (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) / kGroup;
}

template <class T, int kGroup, int kVec>
__global__ void __launch_bounds__(kThreads)
    forward_kernel(const T* logits, const int32_t* targets, CapSource cap, Smoothing smoothing, float* nll, float* lse,
                   int64_t rows, int vocab) {
  __shared__ RowSums shared[kThreads / kWarp];
  const int64_t row = row_of_thread<kGroup>();
  if (row >= rows) return;
  const Caps caps(cap);
  const T* in = logits + row * vocab;
  RowSums mine;
  for (int j = threadIdx.x % kGroup * kVec; j < vocab; j += kGroup * kVec) {
    float z[kVec];
    load(in + j, z);
    float top = mine.max;
    for (float& x : z) top = fmaxf(top, x = caps.apply<T>(x));
    if (top > mine.max) mine.raise(top);
    for (const float x : z) mine.sum += exp_of<T>(x - mine.max), mine.total += x;
  }
  const RowSums all = reduce<kGroup>(mine, shared);
  if (threadIdx.x % kGroup != 0) return;
  const float log_sum = all.max + logf(all.sum), z_target = caps.apply<T>(to_float(in[targets[row]]));
  lse[row] = log_sum;
  nll[row] = smoothing.target * (log_sum - z_target) +
             smoothing.uniform * (log_sum - all.total / static_cast<float>(vocab)) + smoothing.constant;
}

// `out` may be `logits`: an element is read and written by one thread.
template <class T, int kGroup, int kVec>
__global__ void __launch_bounds__(kThreads)
    backward_kernel(const float* dnll, const T* logits, const int32_t* targets, CapSource cap, Smoothing smoothing,
                    const float* lse, T* out, bool add, int64_t rows, int vocab) {
  const int64_t row = row_of_thread<kGroup>();
  if (row >= rows) return;
  const Caps caps(cap);
  const float g = dnll[row], log_sum = lse[row];
  const float total = smoothing.target + smoothing.uniform, each = smoothing.uniform / static_cast<float>(vocab);
  const int target = targets[row];
  for (int j = threadIdx.x % kGroup * kVec; j < vocab; j += kGroup * kVec) {
    float z[kVec];
    load(logits + row * vocab + j, z);
    for (int i = 0; i < kVec; ++i) {
      const float u = caps.tanh_at<T>(z[i]);
      const float dz =
          total * exp_of<T>(caps.of(z[i]) * u - log_sum) - each - (j + i == target ? smoothing.target : 0.0F);
      z[i] = g * dz * (1.0F - u * u);
    }
    contribute(out + row * vocab + j, z, add);
  }
}

// f(threads of a row, elements read at once)
template <class F>
void with_row_shape(int64_t vocab, F f) {
  using std::integral_constant;
  const auto with_group = [&](auto group) {
    if (vocab % 8 == 0) return f(group, integral_constant<int, 8>{});
    f(group, integral_constant<int, 1>{});
  };
  if (vocab <= kNarrow) return with_group(integral_constant<int, kWarp>{});
  with_group(integral_constant<int, kThreads>{});
}

unsigned blocks_for(int64_t rows, int group) { return static_cast<unsigned>((rows * group + kThreads - 1) / kThreads); }

// One block, so that the order is fixed: every thread sums its share in float64, then a tree.
__global__ void __launch_bounds__(kSumThreads) sum_kernel(const float* x, const float* weights, int64_t n, float* out) {
  __shared__ double sums[kSumThreads];
  double sum = 0;
#pragma unroll 8
  for (int64_t i = threadIdx.x; i < n; i += kSumThreads)
    sum += weights != nullptr ? static_cast<double>(weights[i]) * x[i] : static_cast<double>(x[i]);
  sums[threadIdx.x] = sum;
  for (int half = kSumThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  if (threadIdx.x == 0) *out = static_cast<float>(weights != nullptr ? sums[0] : sums[0] / static_cast<double>(n));
}

struct SumBackward {
  const float *dy, *weights;
  float* dx;
  float count;
  bool add;
  template <int kVec>
  __device__ void run(int64_t i) const {
    float v[kVec];
    for (float& x : v) x = *dy / count;
    if (weights != nullptr) {
      load(weights + i, v);
      for (float& x : v) x *= *dy;
    }
    contribute(dx + i, v, add);
  }
};

template <class T>
struct ApplyCaps {
  T* logits;
  CapSource cap;
  template <int kVec>
  __device__ void run(int64_t i) const {
    const Caps caps(cap);
    float v[kVec];
    load(logits + i, v);
    for (float& x : v) x = caps.apply<T>(x);
    store(logits + i, v);
  }
};

}  // namespace

template <>
void CrossEntropyKernel<Cuda>::forward(Context& ctx, const Tensor& logits, const Tensor& targets, const Softcap& cap,
                                       const Smoothing& smoothing, const Tensor& nll, const Tensor& lse) {
  const int64_t rows = logits.rows(), vocab = logits.cols();
  with_type(logits.dtype, [&](auto t) {
    using T = decltype(t);
    with_row_shape(vocab, [&](auto group, auto vec) {
      forward_kernel<T, group(), vec()><<<blocks_for(rows, group()), kThreads, 0, work_queue(ctx)>>>(
          pointer<T>(logits), targets.as<int32_t>(), CapSource(cap), smoothing, pointer<float>(nll),
          pointer<float>(lse), rows, static_cast<int>(vocab));
    });
  });
  launched("cross_entropy");
}

template <>
void CrossEntropyKernel<Cuda>::backward(Context& ctx, const Tensor& dnll, const Tensor& logits, const Tensor& targets,
                                        const Softcap& cap, const Smoothing& smoothing, const Tensor& lse,
                                        GradTarget dlogits) {
  if (!dlogits.wanted()) return;
  const int64_t rows = logits.rows(), vocab = logits.cols();
  with_type(logits.dtype, [&](auto t) {
    using T = decltype(t);
    with_row_shape(vocab, [&](auto group, auto vec) {
      backward_kernel<T, group(), vec()><<<blocks_for(rows, group()), kThreads, 0, work_queue(ctx)>>>(
          pointer<float>(dnll), pointer<T>(logits), targets.as<int32_t>(), CapSource(cap), smoothing,
          pointer<float>(lse), pointer<T>(dlogits.tensor), dlogits.add, rows, static_cast<int>(vocab));
    });
  });
  launched("cross_entropy");
}

template <>
void CrossEntropyKernel<Cuda>::weighted_sum(Context& ctx, const Tensor& x, const Tensor& weights, const Tensor& out) {
  sum_kernel<<<1, kSumThreads, 0, work_queue(ctx)>>>(pointer<float>(x), pointer<float>(weights), x.numel(),
                                                     pointer<float>(out));
  launched("weighted_sum");
}

template <>
void CrossEntropyKernel<Cuda>::weighted_sum_backward(Context& ctx, const Tensor& dy, const Tensor& weights,
                                                     GradTarget dx) {
  if (!dx.wanted()) return;
  const int64_t n = dx.tensor.numel();
  for_elements(ctx, "weighted_sum", n, {weights.data, dx.tensor.data},
               SumBackward{pointer<float>(dy), pointer<float>(weights), pointer<float>(dx.tensor),
                           static_cast<float>(n), dx.add});
}

template <>
void CrossEntropyKernel<Cuda>::softcap(Context& ctx, const Tensor& logits, const Softcap& cap) {
  with_type(logits.dtype, [&](auto t) {
    using T = decltype(t);
    for_elements(ctx, "softcap", logits.numel(), {logits.data}, ApplyCaps<T>{pointer<T>(logits), CapSource(cap)});
  });
}

}  // namespace pgolf
