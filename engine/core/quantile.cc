#include "engine/core/quantile.h"

#include <algorithm>
#include <cmath>

namespace pgolf {

QuantileRank quantile_rank(double q, int64_t n) {
  const float rank = static_cast<float>(q) * static_cast<float>(n - 1);
  const float below = std::floor(rank);
  // In float32 a rank beyond 2^24 may round past the last value.
  const auto index = [&](float r) { return std::clamp<int64_t>(static_cast<int64_t>(r), 0, n - 1); };
  return {index(below), index(std::ceil(rank)), rank - below};
}

float interpolate(float lower, float upper, float weight) {
  const bool near_lower = weight < 0.5F;
  return std::fma(near_lower ? weight : weight - 1.0F, upper - lower, near_lower ? lower : upper);
}

float quantile(std::span<float> values, double q) {
  const auto rank = quantile_rank(q, static_cast<int64_t>(values.size()));
  const auto below = values.begin() + rank.below;
  std::nth_element(values.begin(), below, values.end());
  if (rank.above == rank.below) return *below;
  return interpolate(*below, *std::min_element(below + 1, values.end()), rank.weight);
}

}  // namespace pgolf
