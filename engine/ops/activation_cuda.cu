#include "engine/ops/activation.h"
#include "engine/ops/cuda_elements.cuh"

namespace pgolf {
namespace {

__device__ float activated(float h, float slope) {
  const float leaky = h > 0 ? h : slope * h;
  return leaky * leaky;
}

template <class T>
struct Forward {
  const T* h;
  T* a;
  float slope;
  template <int kVec>
  __device__ void run(int64_t i) const {
    float v[kVec];
    load(h + i, v);
    for (float& x : v) x = activated(x, slope);
    store(a + i, v);
  }
};

// `a` may be null.
template <class T>
struct Backward {
  const T *da, *h;
  T *dh, *a;
  float slope;
  bool add;
  template <int kVec>
  __device__ void run(int64_t i) const {
    float g[kVec], x[kVec];
    load(da + i, g);
    load(h + i, x);
    for (int j = 0; j < kVec; ++j) g[j] *= 2.0F * x[j] * (x[j] > 0 ? 1.0F : slope * slope);
    contribute(dh + i, g, add);
    if (a == nullptr) return;
    for (float& v : x) v = activated(v, slope);
    store(a + i, x);
  }
};

}  // namespace

template <>
void LeakyReluSquaredKernel<Cuda>::forward(Context& ctx, const Tensor& h, float slope, const Tensor& a) {
  with_type(h.dtype, [&](auto t) {
    using T = decltype(t);
    for_elements(ctx, "leaky_relu_squared", h.numel(), {h.data, a.data},
                 Forward<T>{pointer<T>(h), pointer<T>(a), slope});
  });
}

template <>
void LeakyReluSquaredKernel<Cuda>::backward(Context& ctx, const Tensor& da, const Tensor& h, float slope, GradTarget dh,
                                            const Tensor& a) {
  if (!dh.wanted()) {
    if (a.defined()) forward(ctx, h, slope, a);
    return;
  }
  with_type(h.dtype, [&](auto t) {
    using T = decltype(t);
    T* again = a.defined() ? pointer<T>(a) : nullptr;
    for_elements(ctx, "leaky_relu_squared", h.numel(), {da.data, h.data, dh.tensor.data, again},
                 Backward<T>{pointer<T>(da), pointer<T>(h), pointer<T>(dh.tensor), again, slope, dh.add});
  });
}

}  // namespace pgolf
