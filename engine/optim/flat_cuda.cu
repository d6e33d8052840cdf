#include "engine/ops/cuda_elements.cuh"
#include "engine/optim/flat.h"

namespace pgolf {
namespace {

struct Axpby {
  float a, b;
  const float* x;
  float* y;
  template <int kVec>
  __device__ void run(int64_t i) const {
    float from[kVec], to[kVec];
    load(x + i, from);
    load(y + i, to);
    for (int j = 0; j < kVec; ++j) to[j] = a * from[j] + b * to[j];
    store(y + i, to);
  }
};

struct Square {
  const float* x;
  template <int kVec>
  __device__ void add(int64_t i, float (&sums)[1]) const {
    float v[kVec];
    load(x + i, v);
    for (const float value : v) sums[0] += value * value;
  }
};

__global__ void root_kernel(float* x) { *x = sqrtf(*x); }

struct Clip {
  float* x;
  const float* norm;
  float max_norm;
  template <int kVec>
  __device__ void run(int64_t i) const {
    const float factor = max_norm / (*norm + 1e-6F);
    if (factor >= 1.0F) return;
    float v[kVec];
    load(x + i, v);
    for (float& value : v) value *= factor;
    store(x + i, v);
  }
};

struct RoundBf16 {
  float* x;
  template <int kVec>
  __device__ void run(int64_t i) const {
    float v[kVec];
    load(x + i, v);
    for (float& value : v) value = rounded<bf16>(value);
    store(x + i, v);
  }
};

}  // namespace

template <>
void FlatKernel<Cuda>::axpby(Context& ctx, float a, const Tensor& x, float b, const Tensor& y) {
  for_elements(ctx, "axpby", x.numel(), {x.data, y.data}, Axpby{a, b, pointer<float>(x), pointer<float>(y)});
}

template <>
void FlatKernel<Cuda>::norm(Context& ctx, const Tensor& x, const Tensor& norm) {
  sum_elements<1>(ctx, "norm", x.numel(), {x.data}, Square{pointer<float>(x)}, {norm});
  root_kernel<<<1, 1, 0, work_queue(ctx)>>>(pointer<float>(norm));
  launched("norm");
}

template <>
void FlatKernel<Cuda>::clip(Context& ctx, const Tensor& x, const Tensor& norm, float max_norm) {
  for_elements(ctx, "clipping", x.numel(), {x.data}, Clip{pointer<float>(x), pointer<float>(norm), max_norm});
}

template <>
void FlatKernel<Cuda>::round_bf16(Context& ctx, const Tensor& x) {
  for_elements(ctx, "rounding", x.numel(), {x.data}, RoundBf16{pointer<float>(x)});
}

}  // namespace pgolf
