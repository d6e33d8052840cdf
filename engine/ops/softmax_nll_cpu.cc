#include <algorithm>
#include <cmath>

#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/softmax_nll.h"

namespace pgolf {
namespace {

// ln of the sum of exp(z_j / τ).
float log_sum_exp(const float* z, int64_t V, float tau) {
  const float max = *std::max_element(z, z + V) / tau;
  double sum = 0;
  for (int64_t j = 0; j < V; ++j) sum += std::exp(z[j] / tau - max);
  return max + static_cast<float>(std::log(sum));
}

constexpr float kLeastTemperature = 0.9F, kMostTemperature = 1.05F;

float temperature_of(const float* z, int64_t V, float temperature) {
  const float lse = log_sum_exp(z, V, 1.0F);
  double entropy = 0;
  for (int64_t j = 0; j < V; ++j) {
    const float p = std::exp(z[j] - lse);
    entropy -= p * std::log(p + 1e-10F);
  }
  const auto certainty = 1.0F - static_cast<float>(entropy / std::log(static_cast<double>(V)));
  return std::clamp(1.0F - (1.0F - temperature) * certainty, kLeastTemperature, kMostTemperature);
}

}  // namespace

template <>
void SoftmaxNllKernel<Cpu>::run(Context&, const Tensor& z, const Tensor& targets, float temperature,
                                const SoftmaxNll& out) {
  for_rows(z.rows(), [&, V = z.cols(), z = z.as<float>(), target = targets.as<int32_t>(), nll = out.nll.as<float>(),
                      entropy = out.entropy.as<float>()](int64_t row) {
    const float* in = z + row * V;
    const float tau = temperature == 1.0F ? 1.0F : temperature_of(in, V, temperature);
    const float lse = log_sum_exp(in, V, tau);
    nll[row] = lse - in[target[row]] / tau;
    double sum = 0;
    for (int64_t j = 0; j < V; ++j) {
      const float log_q = in[j] / tau - lse;
      sum -= std::exp(log_q) * log_q;
    }
    entropy[row] = static_cast<float>(sum);
  });
}

}  // namespace pgolf
