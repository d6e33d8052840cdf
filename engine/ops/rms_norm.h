// n = scale · x / sqrt(mean(x²) + eps), over the last dimension, without weights.
// eps = 2⁻²³, torch's default for float32 and bfloat16 input alike. Source: PR 334, 754, 849, 2143, 2097.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

inline constexpr float kRmsNormEps = 1.1920929e-7F;

// x [..., D] -> n [..., D] in `dtype`. `scale` is the block's 1/sqrt(layer+1).
Var rms_norm(Context& ctx, const Var& x, float scale, DType dtype);

template <class Backend>
struct RmsNormKernel {
  // rstd [rows] float32: 1/sqrt(mean(x²) + eps), kept for backward.
  static void forward(Context& ctx, const Tensor& x, const Tensor& n, const Tensor& rstd, float scale);
  // dx (+)= scale · rstd · (dn - x̂ mean(dn x̂)), x̂ = x · rstd.
  static void backward(Context& ctx, const Tensor& dn, const Tensor& x, const Tensor& rstd, float scale, GradTarget dx);
};

}  // namespace pgolf
