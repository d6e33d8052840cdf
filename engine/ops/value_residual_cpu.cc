#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/value_residual.h"

namespace pgolf {
namespace {

// d (+)= factor · dy.
void scaled_gradient(const Tensor& dy, float factor, const GradTarget& d) {
  if (!d.wanted()) return;
  for_elements(dy.numel(), [&, g = dy.as<float>(), out = d.tensor.as<float>()](int64_t i) {
    contribute(out[i], factor * g[i], d.add);
  });
}

// d [width] (+)= the dot products of dy with each x.
void factor_gradient(const Tensor& dy, std::initializer_list<Tensor> xs, const GradTarget& d) {
  if (!d.wanted()) return;
  const int64_t D = dy.cols();
  sum_rows(dy.rows(), d, [&, g = dy.as<float>()](int64_t row, double* sum) {
    for (const Tensor& x : xs) *sum++ += dot(g + row * D, x.as<float>() + row * D, D);
  });
}

}  // namespace

template <>
void ValueResidualKernel<Cpu>::forward(Context&, const Tensor& a, const Tensor& b, const Tensor& weights,
                                       const Tensor& y) {
  const float wa = weights.as<float>()[0], wb = weights.as<float>()[1];
  for_elements(y.numel(), [&, a = a.as<float>(), b = b.as<float>(), y = y.as<float>()](int64_t i) {
    y[i] = wa * a[i] + wb * b[i];
  });
}

template <>
void ValueResidualKernel<Cpu>::backward(Context&, const Tensor& dy, const Tensor& a, const Tensor& b,
                                        const Tensor& weights, GradTarget da, GradTarget db, GradTarget dweights) {
  scaled_gradient(dy, weights.as<float>()[0], da);
  scaled_gradient(dy, weights.as<float>()[1], db);
  factor_gradient(dy, {a, b}, dweights);
}

template <>
void ScaledKernel<Cpu>::forward(Context&, const Tensor& x, const Tensor& gain, const Tensor& y) {
  for_elements(y.numel(),
               [factor = *gain.as<float>(), x = x.as<float>(), y = y.as<float>()](int64_t i) { y[i] = factor * x[i]; });
}

template <>
void ScaledKernel<Cpu>::backward(Context&, const Tensor& dy, const Tensor& x, const Tensor& gain, GradTarget dx,
                                 GradTarget dgain) {
  scaled_gradient(dy, *gain.as<float>(), dx);
  factor_gradient(dy, {x}, dgain);
}

}  // namespace pgolf
