// One entry of a tensor's leading dimension, as a variable of its own.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// y = x[i], a view of x's memory. Gradient: dx[i] += dy, zero elsewhere. x f32.
Var select(Context& ctx, const Var& x, int64_t i);

}  // namespace pgolf
