// GPTQ: columns are quantised one after the other, and what each loses is made up for by those that follow.
//
// w_j -> code q_j; e = (w_j - q_j s) / d_j; w_k -= e M_jk for all later columns k, in blocks of 128 columns.
// Source: Frantar et al., arXiv:2210.17323; the two forms are those of the pull requests.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/quant/row_codes.h"

namespace pgolf {

// PR 849: M is the inverse Hessian itself, d_j its diagonal (at least 1e-8), columns by ascending Hessian diagonal.
// `scales` are used as they are. A Hessian that is not positive definite stands for its diagonal.
std::vector<int8_t> gptq_ascending_codes(MatrixView w, std::span<const float> hessian, std::span<const float> scales,
                                         int64_t code_max);

// Columns with a finer scale (PR 2097).
struct ProtectedColumns {
  std::vector<bool> mask;     // [cols]; empty: none
  std::vector<float> scales;  // [rows]
  int64_t code_max = 0;
};

// PR 2143, 2097: M is the upper Cholesky factor of the inverse Hessian, d_j its diagonal, columns by descending Hessian
// diagonal; columns that no input ever reached (a zero on the diagonal) become zero.
// Errors: submission, naming `name`, if the Hessian is not positive definite.
std::vector<int8_t> gptq_codes(MatrixView w, std::span<const float> hessian, std::span<const float> scales,
                               int64_t code_max, const ProtectedColumns& protect, std::string_view name);

// f16(max(clip_sigmas * std(row) / code_max, 1e-10)), std with n - 1; a row without spread gets 0, and so zero weights.
std::vector<float> sigma_scales(MatrixView w, double clip_sigmas, int64_t code_max);

}  // namespace pgolf
