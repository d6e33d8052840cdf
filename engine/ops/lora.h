// Low-rank adapters, one set per document of the batch.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// y_b + scale · (x_b A_bᵀ) B_bᵀ, in place of y. x [B, T, in] and y [B, T, out] (or a view with as many elements, or
// columns of a wider tensor) in the compute type; a [B, rank, in], b [B, out, rank] in the compute type with gradients
// in float32. Nothing may have read y's value from before, unless y has no gradient. Source: PR 2143, 2097, alpha /
// rank.
Var add_lora(Context& ctx, const Var& y, const Var& x, const Var& a, const Var& b, float scale);

template <class Backend>
struct LoraKernel {
  static void scale(Context& ctx, const Tensor& x, float factor);  // x <- factor · x
};

}  // namespace pgolf
