#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/value_residual.h"

namespace pgolf {
namespace {

// d (+)= factor · dy.
void scaled_gradient(const Tensor& dy, float factor, const GradTarget& d) {
  if (!d.wanted()) return;
  const int64_t D = dy.cols();
  for_rows(dy.rows(), [=, out = Rows(d.tensor), add = d.add, g = dy.as<float>()](int64_t row) {
    for (int64_t j = 0; j < D; ++j) contribute(out[row][j], factor * g[row * D + j], add);
  });
}

// d [width] (+)= the dot products of dy with each x.
void factor_gradient(const Tensor& dy, std::initializer_list<Tensor> xs, const GradTarget& d) {
  if (!d.wanted()) return;
  const int64_t D = dy.cols();
  sum_rows(dy.rows(), d, [&, g = dy.as<float>()](int64_t row, double* sum) {
    for (const Tensor& x : xs) *sum++ += dot(g + row * D, Rows(x)[row], D);
  });
}

}  // namespace

template <>
void ValueResidualKernel<Cpu>::forward(Context&, const Tensor& a, const Tensor& b, const Tensor& weights,
                                       const Tensor& y) {
  const float wa = weights.as<float>()[0], wb = weights.as<float>()[1];
  const int64_t D = y.cols();
  for_rows(y.rows(), [=, first = Rows(a), second = Rows(b), y = y.as<float>()](int64_t row) {
    const float *pa = first[row], *pb = second[row];
    for (int64_t j = 0; j < D; ++j) y[row * D + j] = wa * pa[j] + wb * pb[j];
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
