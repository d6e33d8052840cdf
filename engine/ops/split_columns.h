// The columns of one tensor as variables of their own: queries, keys and values of one product.
#pragma once

#include <vector>

#include "engine/core/context.h"

namespace pgolf {

// x [..., sum of widths] -> [..., width] each, in the memory of x. Their gradients lie in x's, so each part must be
// used in a way that gives it one; nothing else reads x.
std::vector<Var> split_columns(Context& ctx, const Var& x, const std::vector<int64_t>& widths);

}  // namespace pgolf
