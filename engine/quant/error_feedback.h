// GPTQ's loop: columns are coded one after the other, and what each loses is made up for by those that follow.
//
// For j = 0, 1, ...: q_j = code of w_j; e_j = (w_j - q_j s) / d_j; w_k <- w_k - e_j M_jk for all later columns k.
// Columns come in blocks, as in the originals: a weight of j's own block loses e_j M_jk at once, product and difference
// rounded one after the other; one behind it loses the sum over the block, which is built in the order of j by fused
// multiply-adds. All in float32, and the same on every backend to the last bit.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/context.h"

namespace pgolf {

inline constexpr int64_t kBlockColumns = 128;

// Codes -top .. top in steps of a row's scale.
struct CodeGrid {
  std::vector<float> scales;  // s [rows]
  float top = 0;
};

// Columns are in the order in which they are coded.
struct FeedbackProblem {
  int64_t rows = 0, cols = 0;
  std::vector<float> weights;    // w [rows, cols]
  std::vector<float> factor;     // M [cols, cols], of which the part above the diagonal is read
  std::vector<float> divisor;    // d [cols]
  std::vector<int32_t> is_fine;  // [cols]: 1 for the columns of the fine grid
  CodeGrid plain, fine;
};

template <class Backend>
struct ErrorFeedback {
  // The codes [rows, cols]. At least one row and column, tops at most 127.
  static std::vector<int8_t> run(Context& ctx, FeedbackProblem problem);
};

}  // namespace pgolf
