#include <numeric>

#include "engine/core/backend.h"
#include "engine/core/quantile.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/fake_quant.h"

namespace pgolf {
namespace {

// Codes of one row.
struct Grid {
  float scale, low, high;
  bool at_floor;

  Grid(const float* row, int64_t K, const FakeQuant& form)
      : low(static_cast<float>(-form.clip - 1)), high(static_cast<float>(form.clip)) {
    std::vector<float> magnitudes(static_cast<size_t>(K));
    std::transform(row, row + K, magnitudes.begin(), [](float w) { return std::abs(w); });
    const float wanted = quantile(magnitudes, form.quantile) / high, floor = 1.0F / high;
    at_floor = wanted < floor;
    scale = std::max(wanted, floor);
  }
  float clip(float code) const { return std::clamp(code, low, high); }
};

struct SoftRound {
  float alpha, inverse;  // 1 / (2 tanh(alpha / 2)), and a little less

  explicit SoftRound(float a) : alpha(a), inverse(0.5F / (std::tanh(a / 2) + 1e-10F)) {}
  float tanh_at(float y) const { return std::tanh(alpha * (y - std::floor(y) - 0.5F)); }
  float value(float y) const { return std::floor(y) + tanh_at(y) * inverse + 0.5F; }
  float slope(float y) const { return alpha * inverse * (1.0F - tanh_at(y) * tanh_at(y)); }
};

// dscale -> drow: quantiles interpolate between two of the sorted magnitudes, unless the scale is at its floor.
void add_scale_gradient(const float* row, int64_t K, const FakeQuant& form, const Grid& grid, float dscale,
                        float* drow) {
  if (grid.at_floor) return;
  std::vector<int64_t> order(static_cast<size_t>(K));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return std::abs(row[a]) < std::abs(row[b]); });
  const QuantileRank rank = quantile_rank(form.quantile, K);
  const auto add = [&](int64_t position, float share) {
    const int64_t j = order[static_cast<size_t>(position)];
    drow[j] += share * dscale / grid.high * (row[j] < 0 ? -1.0F : 1.0F);
  };
  add(rank.below, 1.0F - rank.weight);
  add(rank.above, rank.weight);
}

}  // namespace

template <>
void FakeQuantKernel<Cpu>::forward(Context&, const Tensor& weight, const FakeQuant& form, const Tensor& y) {
  const int64_t K = weight.cols();
  for_rows(weight.rows(), [&, soft = SoftRound(form.soft_alpha), w = weight.as<float>(), y = y.as<float>()](int64_t r) {
    const float* row = w + r * K;
    const Grid grid(row, K, form);
    for (int64_t j = 0; j < K; ++j) {
      const float code = row[j] / grid.scale;
      y[r * K + j] = grid.clip(form.soft_alpha == 0 ? std::nearbyint(code) : soft.value(code)) * grid.scale;
    }
  });
}

// y = v delta with v = clip(soft(w / delta)): dw = dv/dw delta dy, ddelta = sum dy (v - (w / delta) dv/d(w / delta)).
template <>
void FakeQuantKernel<Cpu>::soft_backward(Context&, const Tensor& dy, const Tensor& weight, const FakeQuant& form,
                                         GradTarget dweight) {
  if (!dweight.wanted()) return;
  const int64_t K = weight.cols();
  const SoftRound soft(form.soft_alpha);
  const float *w = weight.as<float>(), *g = dy.as<float>();
  float* out = dweight.tensor.as<float>();
  for_rows(weight.rows(), [&](int64_t r) {
    const float *row = w + r * K, *up = g + r * K;
    const Grid grid(row, K, form);
    float dscale = 0;
    for (int64_t j = 0; j < K; ++j) {
      const float code = row[j] / grid.scale, rounded = soft.value(code), clipped = grid.clip(rounded);
      const float slope = clipped == rounded ? soft.slope(code) : 0.0F;
      contribute(out[r * K + j], up[j] * slope, dweight.add);
      dscale += up[j] * (clipped - code * slope);
    }
    add_scale_gradient(row, K, form, grid, dscale, out + r * K);
  });
}

}  // namespace pgolf
