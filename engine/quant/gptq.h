// GPTQ: error feedback (engine/quant/error_feedback.h) with the factor M and the divisors d of a layer's Hessian.
//
// Source: Frantar et al., arXiv:2210.17323; the two forms are those of the pull requests.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/quant/coding_device.h"
#include "engine/quant/error_feedback.h"
#include "engine/quant/row_codes.h"

namespace pgolf {

// PR 849: M is the inverse Hessian itself, d_j its diagonal (at least 1e-8), columns by ascending Hessian diagonal.
// A Hessian that is not positive definite stands for its diagonal.
std::vector<int8_t> gptq_ascending_codes(CodingDevice& device, MatrixView w, std::span<const float> hessian,
                                         const CodeGrid& grid);

// Columns with a finer grid (PR 2097).
struct ProtectedColumns {
  std::vector<bool> mask;  // [cols]; empty: none
  CodeGrid grid;
};

// PR 2143, 2097: M is the upper Cholesky factor of the inverse Hessian, d_j its diagonal, columns by descending Hessian
// diagonal; columns that no input ever reached (a zero on the diagonal) become zero.
// Errors: submission, naming `name`, if the Hessian is not positive definite.
std::vector<int8_t> gptq_codes(CodingDevice& device, MatrixView w, std::span<const float> hessian, const CodeGrid& grid,
                               const ProtectedColumns& protect, std::string_view name);

// Scales f16(max(clip_sigmas * std(row) / code_max, 1e-10)), std with n - 1; a row without spread gets 0, and so zero
// weights.
CodeGrid sigma_grid(MatrixView w, double clip_sigmas, int64_t code_max);

}  // namespace pgolf
