#include <cmath>

#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/cross_entropy.h"

namespace pgolf {
namespace {

// tanh by its series where that is exact to float32 (most logits of a model), else by one exponential: the library's
// tanh takes three times as long, and this is the one place where a model computes a transcendental V times a token.
float tanh_of(float u) {
  if (std::abs(u) < 0.25F) {
    const float s = u * u;
    return u * (1.0F + s * (-1.0F / 3 + s * (2.0F / 15 + s * (-17.0F / 315 + s * (62.0F / 2835)))));
  }
  return 1.0F - 2.0F / (std::exp(2.0F * u) + 1.0F);
}

float softcapped(float logit, float cap) { return cap * tanh_of(logit / cap); }

}  // namespace

template <>
void CrossEntropyKernel<Cpu>::forward(Context&, const Tensor& logits, const Tensor& targets, float cap,
                                      const Tensor& nll, const Tensor& lse) {
  const int64_t V = logits.cols();
  for_rows(logits.rows(), [&, logits = logits.as<float>(), target = targets.as<int32_t>(), nll = nll.as<float>(),
                           lse = lse.as<float>()](int64_t row) {
    const float* in = logits + row * V;
    const float max = softcapped(*std::max_element(in, in + V), cap);  // the cap keeps the order
    double sum = 0;
    for (int64_t j = 0; j < V; ++j) sum += std::exp(softcapped(in[j], cap) - max);
    lse[row] = max + static_cast<float>(std::log(sum));
    nll[row] = lse[row] - softcapped(in[target[row]], cap);
  });
}

template <>
void CrossEntropyKernel<Cpu>::backward(Context&, const Tensor& dnll, const Tensor& logits, const Tensor& targets,
                                       float cap, const Tensor& lse, GradTarget dlogits) {
  if (!dlogits.wanted()) return;
  const int64_t V = logits.cols();
  for_rows(logits.rows(), [&, g = dnll.as<float>(), logits = logits.as<float>(), target = targets.as<int32_t>(),
                           lse = lse.as<float>(), out = dlogits.tensor.as<float>()](int64_t row) {
    for (int64_t j = 0; j < V; ++j) {
      const float u = tanh_of(logits[row * V + j] / cap);
      const float p = std::exp(cap * u - lse[row]) - (j == target[row] ? 1.0F : 0.0F);
      contribute(out[row * V + j], g[row] * p * (1.0F - u * u), dlogits.add);
    }
  });
}

template <>
void CrossEntropyKernel<Cpu>::weighted_sum(Context&, const Tensor& x, const Tensor& weights, const Tensor& out) {
  const float *px = x.as<float>(), *w = weights.defined() ? weights.as<float>() : nullptr;
  double sum = 0;
  for (int64_t i = 0; i < x.numel(); ++i) sum += w != nullptr ? static_cast<double>(w[i]) * px[i] : px[i];
  *out.as<float>() = static_cast<float>(w != nullptr ? sum : sum / static_cast<double>(x.numel()));
}

template <>
void CrossEntropyKernel<Cpu>::weighted_sum_backward(Context&, const Tensor& dy, const Tensor& weights, GradTarget dx) {
  if (!dx.wanted()) return;
  const int64_t N = dx.tensor.numel();
  const float g = *dy.as<float>(), *w = weights.defined() ? weights.as<float>() : nullptr;
  float* out = dx.tensor.as<float>();
  for (int64_t i = 0; i < N; ++i) contribute(out[i], w != nullptr ? g * w[i] : g / static_cast<float>(N), dx.add);
}

template <>
void CrossEntropyKernel<Cpu>::softcap(Context&, const Tensor& logits, float cap) {
  for_rows(logits.rows(), [&, V = logits.cols(), z = logits.as<float>()](int64_t row) {
    for (int64_t j = row * V; j < (row + 1) * V; ++j) z[j] = softcapped(z[j], cap);
  });
}

}  // namespace pgolf
