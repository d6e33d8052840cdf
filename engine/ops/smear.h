// Blend of each position with the one before it.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// y_t = (1 - g) ⊙ x_t + g ⊙ x_{t-1}, g = sigmoid(gate) [D], x_{-1} = 0. x [B, T, D], gate [D]; y has x's type.
// Source: PR 334, 754, 849.
Var smear_fixed(Context& ctx, const Var& x, const Var& gate);

template <class Backend>
struct SmearFixedKernel {
  static void forward(Context& ctx, const Tensor& x, const Tensor& gate, const Tensor& y);
  static void backward(Context& ctx, const Tensor& dy, const Tensor& x, const Tensor& gate, GradTarget dx,
                       GradTarget dgate);
};

}  // namespace pgolf
