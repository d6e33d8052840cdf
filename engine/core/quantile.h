// Quantiles by linear interpolation in float32, as torch.quantile computes them.
#pragma once

#include <cstdint>
#include <span>

namespace pgolf {

// Position of the quantile q among n sorted values: between `below` and `above`, `weight` of the way.
struct QuantileRank {
  int64_t below, above;
  float weight;
};
QuantileRank quantile_rank(double q, int64_t n);

// lower + weight (upper - lower), from the nearer end.
float interpolate(float lower, float upper, float weight);

// Reorders `values` (not empty).
float quantile(std::span<float> values, double q);

}  // namespace pgolf
