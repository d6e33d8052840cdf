#include "engine/ops/activation.h"
#include "engine/ops/cuda_elements.cuh"

namespace pgolf {
namespace {

template <class T>
struct Forward {
  const T* h;
  T* y;
  float slope;
  template <int kVec>
  __device__ void run(int64_t i) const {
    float v[kVec];
    load(h + i, v);
    for (float& x : v) {
      const float leaky = x > 0 ? x : slope * x;
      x = leaky * leaky;
    }
    store(y + i, v);
  }
};

template <class T>
struct Backward {
  const T *dy, *h;
  T* dh;
  float slope;
  bool add;
  template <int kVec>
  __device__ void run(int64_t i) const {
    float g[kVec], x[kVec];
    load(dy + i, g);
    load(h + i, x);
    for (int j = 0; j < kVec; ++j) g[j] *= 2.0F * x[j] * (x[j] > 0 ? 1.0F : slope * slope);
    contribute(dh + i, g, add);
  }
};

}  // namespace

template <>
void LeakyReluSquaredKernel<Cuda>::forward(Context& ctx, const Tensor& h, float slope, const Tensor& y) {
  with_type(h.dtype, [&](auto t) {
    using T = decltype(t);
    for_elements(ctx, "leaky_relu_squared", h.numel(), {h.data, y.data},
                 Forward<T>{pointer<T>(h), pointer<T>(y), slope});
  });
}

template <>
void LeakyReluSquaredKernel<Cuda>::backward(Context& ctx, const Tensor& dy, const Tensor& h, float slope,
                                            GradTarget dh) {
  if (!dh.wanted()) return;
  with_type(h.dtype, [&](auto t) {
    using T = decltype(t);
    for_elements(ctx, "leaky_relu_squared", h.numel(), {dy.data, h.data, dh.tensor.data},
                 Backward<T>{pointer<T>(dy), pointer<T>(h), pointer<T>(dh.tensor), slope, dh.add});
  });
}

}  // namespace pgolf
