// Rounding between float32 and bfloat16, ties to even.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// x in `dtype`; x itself if it has that type already. Gradient: dy in x's type.
Var cast(Context& ctx, const Var& x, DType dtype);

// to = from, or to += from; the types may differ, and `to` may be columns of a wider tensor.
void cast_into(Context& ctx, const Tensor& from, const GradTarget& to);

// t in the compute type, in the arena where that is another type: an operand of products.
Tensor rounded(Context& ctx, const Tensor& t);

// In the backward step of an op that adds x to something else: d(x) (+)= d(y), without a copy where d(x) has no memory
// yet. The last thing that the step does: d(y) belongs to x then.
void pass_gradient(Context& ctx, const Var& y, const Var& x);

template <class Backend>
struct CastKernel {
  static void run(Context& ctx, const Tensor& from, const GradTarget& to);
};

}  // namespace pgolf
