// Quantisation-aware training: weights as their codes will restore them.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// Row scale delta = max(c / clip, 1 / clip), c the `quantile` of |row| (engine/core/quantile.h); codes -clip-1 .. clip.
// Source: PR 754 (31, 1: the largest), PR 849 (15, 0.9995).
struct FakeQuant {
  int64_t clip = 15;
  double quantile = 1.0;
  // 0: rounded, ties to even. Else the differentiable rounding of Agustsson & Theis (2020),
  // floor(y) + tanh(alpha r) / (2 (tanh(alpha / 2) + 1e-10)) + 1/2, r = y - floor(y) - 1/2.
  float soft_alpha = 0.0F;
};

// What a linear map uses instead of `weight`: clip(round(w / delta)) · delta. weight [N, K] float32 -> [N, K] in the
// compute type. Gradient: straight through (the result shares the weight's gradient); with soft_alpha the derivative,
// also through the clipping and the scale.
Var fake_quant(Context& ctx, const Var& weight, const FakeQuant& form);

template <class Backend>
struct FakeQuantKernel {
  static void forward(Context& ctx, const Tensor& weight, const FakeQuant& form, const Tensor& y);
  // Of the soft form. The gradient of the scale goes to the entries of the row between which the quantile lies.
  static void soft_backward(Context& ctx, const Tensor& dy, const Tensor& weight, const FakeQuant& form,
                            GradTarget dweight);
};

}  // namespace pgolf
