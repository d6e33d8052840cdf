// Rounding between float32 and bfloat16, ties to even.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// x in `dtype`; x itself if it has that type already. Gradient: dy in x's type.
Var cast(Context& ctx, const Var& x, DType dtype);

// to = from, or to += from; the types may differ.
void cast_into(Context& ctx, const Tensor& from, const GradTarget& to);

template <class Backend>
struct CastKernel {
  static void run(Context& ctx, const Tensor& from, const GradTarget& to);
};

}  // namespace pgolf
