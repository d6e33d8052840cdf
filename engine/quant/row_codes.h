// Integer codes with one scale per row: w ~ code * scale[row]. All rounding is to nearest, ties to even, in float32.
//
// Scales that are stored are float16; `scales` holds the values that the stored bits mean, unless said otherwise.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/context.h"

namespace pgolf {

// A row-major matrix that somebody else owns.
struct MatrixView {
  std::span<const float> data;  // [rows, cols]
  int64_t rows = 0, cols = 0;

  std::span<const float> row(int64_t i) const {
    return data.subspan(static_cast<size_t>(i * cols), static_cast<size_t>(cols));
  }
};

struct RowCodes {
  std::vector<int8_t> codes;  // [rows, cols]
  std::vector<float> scales;  // [rows]
};

// clip(round(w / scale), lowest..highest) in float32; 0 where both are zero.
inline int8_t code_of(float w, float scale, float lowest, float highest) {
  const float code = std::clamp(std::nearbyint(w / scale), lowest, highest);
  return std::isnan(code) ? int8_t{0} : static_cast<int8_t>(code);
}

// How a row gets its scale, from a quantile c of its magnitudes.
enum class RowScale {
  absmax,                 // PR 334: scale = max(f16(max(c / code_max, 1e-12)), 2^-14), c the largest
  quantile,               // PR 334, 849 (tables): scale = max(c, 1) / code_max, c the 0.9999984 quantile
  clip_search,            // PR 754: the same for five quantiles; the first with the least squared error is kept
  clip_search_unclipped,  // PR 849: such a search where values are clipped by the range of codes alone
  gate,                   // PR 2097: scale = f16(max(c, 1e-10) / code_max), c the largest
};

// The quantiles that are tried.
std::span<const double> quantiles_of(RowScale how);

template <class Backend>
struct RowCoder {
  // With `quantile` and `clip_search` values are clipped to +-c before they are divided, which matters where the scale
  // is at its floor, and codes are made with the float32 scale, which is rounded afterwards. The scales of
  // `clip_search_unclipped` are not rounded. At least one row and column, code_max at most 127.
  static RowCodes run(Context& ctx, MatrixView w, RowScale how, int64_t code_max);
};

// Zeroes all elements whose magnitude is below the `fraction` quantile of all magnitudes (PR 849).
void prune_smallest(std::span<float> w, double fraction);

}  // namespace pgolf
