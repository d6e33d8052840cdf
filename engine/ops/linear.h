// y = x Wᵀ: the only op that multiplies matrices in a model.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// x [..., K], weight [N, K] in the compute type; y [..., N] in the compute type. An x of another type is rounded to the
// compute type first. Gradients: dx = dy W in x's type; dW += dyᵀ x in float32.
// With a summand [..., N]: y = x Wᵀ + summand, in the summand's type; dy is rounded to the compute type for products.
Var linear(Context& ctx, const Var& x, const Var& weight, const Var& summand = {});

}  // namespace pgolf
