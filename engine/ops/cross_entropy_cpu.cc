#include <cmath>

#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/cross_entropy.h"

namespace pgolf {
namespace {

constexpr int64_t kChunk = 256;  // logits summed in float32 before they join a float64 sum

// The pair of caps as numbers.
struct Caps {
  float positive, negative;

  Caps(const Softcap& cap)  // NOLINT: one is the other
      : positive(cap.positive.defined() ? *cap.positive.as<float>() : cap.cap),
        negative(cap.negative.defined() ? *cap.negative.as<float>() : cap.cap) {}
  float of(float logit) const { return logit > 0 ? positive : negative; }
  float apply(float logit) const {
    const float c = of(logit);
    return c * tanh_of(logit / c);
  }
};

}  // namespace

template <>
void CrossEntropyKernel<Cpu>::forward(Context&, const Tensor& logits, const Tensor& targets, const Softcap& cap,
                                      const Smoothing& smoothing, const Tensor& nll, const Tensor& lse) {
  const int64_t V = logits.cols();
  for_rows(logits.rows(), [&, caps = Caps(cap), logits = logits.as<float>(), target = targets.as<int32_t>(),
                           nll = nll.as<float>(), lse = lse.as<float>()](int64_t row) {
    const float* in = logits + row * V;
    const float max = caps.apply(max_of(in, V));  // the caps keep the order
    double sum = 0, sum_z = 0;
    for (int64_t begin = 0; begin < V; begin += kChunk) {
      float part = 0, part_z = 0;
#pragma omp simd reduction(+ : part, part_z)
      for (int64_t j = begin; j < std::min(begin + kChunk, V); ++j) {
        const float z = caps.apply(in[j]);
        part += exp_of(z - max);
        part_z += z;
      }
      sum += part;
      sum_z += part_z;
    }
    lse[row] = max + static_cast<float>(std::log(sum));
    const float mean_z = static_cast<float>(sum_z / static_cast<double>(V));
    nll[row] = smoothing.target * (lse[row] - caps.apply(in[target[row]])) + smoothing.uniform * (lse[row] - mean_z) +
               smoothing.constant;
  });
}

template <>
void CrossEntropyKernel<Cpu>::backward(Context&, const Tensor& dnll, const Tensor& logits, const Tensor& targets,
                                       const Softcap& cap, const Smoothing& smoothing, const Tensor& lse,
                                       GradTarget dlogits) {
  if (!dlogits.wanted()) return;
  const int64_t V = logits.cols();
  const float total = smoothing.target + smoothing.uniform, each = smoothing.uniform / static_cast<float>(V);
  for_rows(logits.rows(),
           [&, caps = Caps(cap), g = dnll.as<float>(), logits = logits.as<float>(), target = targets.as<int32_t>(),
            lse = lse.as<float>(), out = dlogits.tensor.as<float>()](int64_t row) {
             const float *in = logits + row * V, at_target = in[target[row]];
             float* d = out + row * V;
             const auto gradient = [&](float logit, float hit) {
               const float c = caps.of(logit), u = tanh_of(logit / c);
               return g[row] * (total * exp_of(c * u - lse[row]) - each - hit) * (1.0F - u * u);
             };
             const float before = dlogits.add ? d[target[row]] : 0.0F;
             for (int64_t j = 0; j < V; ++j) contribute(d[j], gradient(in[j], 0.0F), dlogits.add);
             d[target[row]] = before + gradient(at_target, smoothing.target);
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
void CrossEntropyKernel<Cpu>::softcap(Context&, const Tensor& logits, const Softcap& cap) {
  for_rows(logits.rows(), [&, caps = Caps(cap), V = logits.cols(), z = logits.as<float>()](int64_t row) {
    for (int64_t j = row * V; j < (row + 1) * V; ++j) z[j] = caps.apply(z[j]);
  });
}

}  // namespace pgolf
