// Single passes over flat float32 storage (engine/model/params.h): averages, norms, clipping.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// y <- a x + b y. `x` and `y` may be the same tensor. Averages, sums over ranks and interpolations are this.
void axpby(Context& ctx, float a, const Tensor& x, float b, const Tensor& y);

// norm [] <- ‖x‖₂, then x <- x · min(1, max_norm / (norm + 1e-6)). Returns the norm before clipping, in the context's
// arena. Source: torch.nn.utils.clip_grad_norm_, in PR 754, 849, 2143, 2097.
Tensor clip_to_norm(Context& ctx, const Tensor& x, float max_norm);

// x <- x rounded to bfloat16, ties to even.
void round_to_bf16_(Context& ctx, const Tensor& x);

template <class Backend>
struct FlatKernel {
  static void axpby(Context& ctx, float a, const Tensor& x, float b, const Tensor& y);
  static void norm(Context& ctx, const Tensor& x, const Tensor& norm);  // sums in float64 on the CPU, in a fixed order
  static void clip(Context& ctx, const Tensor& x, const Tensor& norm, float max_norm);
  static void round_bf16(Context& ctx, const Tensor& x);
};

}  // namespace pgolf
