#include "engine/quant/lqer.h"

#include <algorithm>
#include <cmath>

#include "engine/codec/float16.h"
#include "engine/quant/linalg.h"
#include "engine/quant/row_codes.h"

namespace pgolf {
namespace {

constexpr float kSmallest = 1e-10F;

// Codes in lowest..highest, each group's scale f16(max / divisor).
GroupCodes group_codes(const std::vector<float>& values, int64_t group, float divisor, float lowest, float highest) {
  GroupCodes out;
  for (size_t begin = 0; begin < values.size(); begin += static_cast<size_t>(group)) {
    const size_t end = begin + static_cast<size_t>(group);
    float largest = kSmallest;
    for (size_t i = begin; i < end; ++i) largest = std::max(largest, std::fabs(values[i]));
    out.scales.push_back(round_to_half(largest / divisor));
    for (size_t i = begin; i < end; ++i) out.codes.push_back(code_of(values[i], out.scales.back(), lowest, highest));
  }
  return out;
}

}  // namespace

std::vector<float> GroupCodes::values() const {
  std::vector<float> out(codes.size());
  const size_t group = codes.size() / std::max<size_t>(scales.size(), 1);
  for (size_t i = 0; i < codes.size(); ++i) out[i] = static_cast<float>(codes[i]) * scales[i / group];
  return out;
}

std::vector<float> LowRankCorrection::product(int64_t rows, int64_t cols) const {
  const std::vector<float> a = left.values(), b = right.values();
  std::vector<float> out(static_cast<size_t>(rows * cols));
  add_product(1.0F, a.data(), b.data(), cols, out.data(), cols, rows, rank, cols);
  return out;
}

LowRankCorrection fit_correction(const std::vector<float>& error, int64_t rows, int64_t cols,
                                 const QuantConfig& config) {
  const LowRank factors = truncated_svd(error, rows, cols, config.lqer_rank);
  const int64_t group = config.lqer_asym_group;
  if (config.lqer_asym && factors.rank * cols % group == 0)
    return {group_codes(factors.left, rows * factors.rank, 1.5F, -2, 1), group_codes(factors.right, group, 7.5F, -8, 7),
            factors.rank};
  const auto top = static_cast<float>((int64_t{1} << (config.lqer_factor_bits - 1)) - 1);
  return {group_codes(factors.left, factors.rank, top, -top, top), group_codes(factors.right, cols, top, -top, top),
          factors.rank};
}

}  // namespace pgolf
