// Integer codes with one scale per row: w ~ code * scale[row]. All rounding is to nearest, ties to even, in float32.
//
// Scales that are stored are float16; `scales` holds the values that the stored bits mean, unless said otherwise.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

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
int8_t code_of(float w, float scale, float lowest, float highest);

// PR 334: scale = max(f16(max(rowmax / code_max, 1e-12)), 2^-14).
RowCodes row_absmax_codes(MatrixView w, int64_t code_max);

// PR 334, 849 (tables): c = the 0.9999984 quantile of |row|, scale = max(c, 1) / code_max, values clipped to +-c first.
// Codes are made with the float32 scale; the stored one is rounded afterwards.
RowCodes row_quantile_codes(MatrixView w, int64_t code_max);

// PR 754: the same for the quantiles 0.999, 0.9995, 0.9999, 0.99999, 1; of each row the first with the least squared
// error is kept.
RowCodes clip_search_codes(MatrixView w, int64_t code_max);

// PR 849: the scale that such a search finds if values are clipped by the range of codes alone; float32, not rounded.
std::vector<float> clip_search_scales(MatrixView w, int64_t code_max);

// PR 2097: scale = f16(max(rowmax, 1e-10) / 127).
RowCodes gate_row_codes(MatrixView w);

// Zeroes all elements whose magnitude is below the `fraction` quantile of all magnitudes (PR 849).
void prune_smallest(std::span<float> w, double fraction);

}  // namespace pgolf
