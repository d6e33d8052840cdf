// LQER: a low-rank correction A B of what quantisation lost, with coarsely quantised factors (PR 2143, 2097).
// Source: Zhang et al., arXiv:2402.02446.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/config/config.h"

namespace pgolf {

// Codes with one scale per run of codes.size() / scales.size() elements, row-major.
struct GroupCodes {
  std::vector<int8_t> codes;
  std::vector<float> scales;
  std::vector<float> values() const;
};

struct LowRankCorrection {
  GroupCodes left, right;  // A [rows, rank], B [rank, cols]
  int64_t rank = 0;
  std::vector<float> product(int64_t rows, int64_t cols) const;  // A B [rows, cols]
};

// The rank lqer_rank part of `error` [rows, cols], A = U_r S_r and B = V_r^T. Asymmetric where lqer_asym_group divides
// B's size: A on -2..1 with one scale, B on -8..7 with a scale per group. Otherwise symmetric with lqer_factor_bits and
// a scale per row of each.
LowRankCorrection fit_correction(const std::vector<float>& error, int64_t rows, int64_t cols,
                                 const QuantConfig& config);

}  // namespace pgolf
