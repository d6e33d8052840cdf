#include "engine/ops/cuda_elements.cuh"
#include "engine/ops/value_residual.h"

namespace pgolf {
namespace {

// y = weights[0] a + weights[1] b; without b, weights[0] a.
template <class T>
struct Combine {
  Elements<T> a, b;
  const float* weights;
  T* y;
  template <int kVec>
  __device__ void run(int64_t i) const {
    float va[kVec], vb[kVec];
    load(a.at(i), va);
    for (float& x : va) x *= weights[0];
    if (b.data != nullptr) {
      load(b.at(i), vb);
      for (int j = 0; j < kVec; ++j) va[j] += weights[1] * vb[j];
    }
    store(y + i, va);
  }
};

// d (+)= *factor · dy
template <class T>
struct Scale {
  const T* dy;
  const float* factor;
  Elements<T> d;
  bool add;
  template <int kVec>
  __device__ void run(int64_t i) const {
    float v[kVec];
    load(dy + i, v);
    for (float& x : v) x *= *factor;
    contribute(d.at(i), v, add);
  }
};

// sums[k] += dy · x[k]
template <class T, int kInputs>
struct Dots {
  const T* dy;
  Elements<T> x[kInputs];
  template <int kVec>
  __device__ void add(int64_t i, float (&sums)[kInputs]) const {
    float g[kVec], v[kVec];
    load(dy + i, g);
    for (int k = 0; k < kInputs; ++k) {
      load(x[k].at(i), v);
      for (int j = 0; j < kVec; ++j) sums[k] += g[j] * v[j];
    }
  }
};

template <class T>
void scaled_gradient(Context& ctx, const Tensor& dy, const float* factor, const GradTarget& d) {
  if (!d.wanted()) return;
  const Elements<T> target(d.tensor);
  for_elements(ctx, "value_residual", dy.numel(), {dy.data, target.operand()},
               Scale<T>{pointer<T>(dy), factor, target, d.add});
}

}  // namespace

template <>
void ValueResidualKernel<Cuda>::forward(Context& ctx, const Tensor& a, const Tensor& b, const Tensor& weights,
                                        const Tensor& y) {
  with_type(y.dtype, [&](auto type) {
    using T = decltype(type);
    const Elements<T> first_input(a), second_input(b);
    for_elements(ctx, "value_residual", y.numel(), {first_input.operand(), second_input.operand(), y.data},
                 Combine<T>{first_input, second_input, pointer<float>(weights), pointer<T>(y)});
  });
}

template <>
void ValueResidualKernel<Cuda>::backward(Context& ctx, const Tensor& dy, const Tensor& a, const Tensor& b,
                                         const Tensor& weights, GradTarget da, GradTarget db, GradTarget dweights) {
  with_type(dy.dtype, [&](auto type) {
    using T = decltype(type);
    scaled_gradient<T>(ctx, dy, pointer<float>(weights), da);
    scaled_gradient<T>(ctx, dy, pointer<float>(weights) + 1, db);
    const Elements<T> first_input(a), second_input(b);
    if (dweights.wanted())
      sum_elements<2>(ctx, "value_residual", dy.numel(), {dy.data, first_input.operand(), second_input.operand()},
                      Dots<T, 2>{pointer<T>(dy), {first_input, second_input}}, dweights);
  });
}

template <>
void ScaledKernel<Cuda>::forward(Context& ctx, const Tensor& x, const Tensor& gain, const Tensor& y) {
  with_type(y.dtype, [&](auto type) {
    using T = decltype(type);
    for_elements(ctx, "scaled", y.numel(), {x.data, y.data},
                 Combine<T>{Elements<T>(x), Elements<T>({}), pointer<float>(gain), pointer<T>(y)});
  });
}

template <>
void ScaledKernel<Cuda>::backward(Context& ctx, const Tensor& dy, const Tensor& x, const Tensor& gain, GradTarget dx,
                                  GradTarget dgain) {
  with_type(dy.dtype, [&](auto type) {
    using T = decltype(type);
    scaled_gradient<T>(ctx, dy, pointer<float>(gain), dx);
    if (dgain.wanted())
      sum_elements<1>(ctx, "scaled", dy.numel(), {dy.data, x.data}, Dots<T, 1>{pointer<T>(dy), {Elements<T>(x)}},
                      dgain);
  });
}

}  // namespace pgolf
