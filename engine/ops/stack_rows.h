// Matrices that read one input as a single one, so that they share their products.
#pragma once

#include <vector>

#include "engine/core/context.h"

namespace pgolf {

// Matrices [N_i, K] in the compute type -> y [sum of N_i, K]: x yᵀ has the outputs of all of them side by side. The
// gradient of y is float32, and each matrix gets its rows of it.
Var stack_rows(Context& ctx, const std::vector<Var>& matrices);

}  // namespace pgolf
