#include <numeric>

#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/crown_q.h"

namespace pgolf {
namespace {

float largest_magnitude(const float* row, int64_t K) {
  return std::accumulate(row, row + K, float{}, [](float max, float w) { return std::max(max, std::abs(w)); });
}

}  // namespace

template <>
void CrownQKernel<Cpu>::add_penalty(Context&, const Tensor& weight, int64_t clip, float factor, const Tensor& sum) {
  const int64_t N = weight.rows(), K = weight.cols();
  const float* w = weight.as<float>();
  std::vector<double> penalties(static_cast<size_t>(N));
  for_rows(N, [&](int64_t r) {
    const float delta = largest_magnitude(w + r * K, K) / static_cast<float>(clip);
    penalties[static_cast<size_t>(r)] = static_cast<double>(delta) * delta * dot(w + r * K, w + r * K, K);
  });
  const double total = std::accumulate(penalties.begin(), penalties.end(), 0.0);
  *sum.as<float>() += static_cast<float>(factor * total / static_cast<double>(weight.numel()));
}

template <>
void CrownQKernel<Cpu>::backward(Context&, const Tensor& dloss, const Tensor& weight, int64_t clip, float factor,
                                 GradTarget dweight) {
  if (!dweight.wanted()) return;
  const int64_t K = weight.cols();
  const float* w = weight.as<float>();
  const float each = *dloss.as<float>() * factor * 2.0F / static_cast<float>(weight.numel());
  for_rows(weight.rows(), [&, out = dweight.tensor.as<float>()](int64_t r) {
    const float delta = largest_magnitude(w + r * K, K) / static_cast<float>(clip);
    for (int64_t j = r * K; j < (r + 1) * K; ++j) contribute(out[j], each * delta * delta * w[j], dweight.add);
  });
}

}  // namespace pgolf
