// Blend of each position with the one before it.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// y_t = (1 - g) ⊙ x_t + g ⊙ x_{t-1}, g = sigmoid(gate) [D], x_{-1} = 0. x [B, T, D], gate [D]; y has x's type.
// Source: PR 334, 754, 849.
Var smear_fixed(Context& ctx, const Var& x, const Var& gate);

// y_t = x_t + g_t x_{t-1}, g_t = lambda · sigmoid(weight · x_t[0:W]); g_t = 0 at t = 0 and where ids_t is bos_id.
// x [B, T, D], ids [B, T] i32, weight [1, W] with W <= D, lambda [1]; y has x's type. Source: PR 2143, 2097.
Var smear_windowed(Context& ctx, const Var& x, const Tensor& ids, const Var& weight, const Var& lambda, int64_t bos_id);

template <class Backend>
struct SmearFixedKernel {
  static void forward(Context& ctx, const Tensor& x, const Tensor& gate, const Tensor& y);
  static void backward(Context& ctx, const Tensor& dy, const Tensor& x, const Tensor& gate, GradTarget dx,
                       GradTarget dgate);
};

template <class Backend>
struct SmearWindowedKernel {
  // sigmoid [B, T] float32, kept for backward: 0 where nothing is added.
  static void forward(Context& ctx, const Tensor& x, const Tensor& ids, const Tensor& weight, const Tensor& lambda,
                      int64_t bos_id, const Tensor& y, const Tensor& sigmoid);
  // With s = sigmoid and e_t = (dy_t · x_{t-1}) s_t:  dlambda = sum e_t;  the gate's logit gets lambda e_t (1 - s_t).
  static void backward(Context& ctx, const Tensor& dy, const Tensor& x, const Tensor& weight, const Tensor& lambda,
                       const Tensor& sigmoid, GradTarget dx, GradTarget dweight, GradTarget dlambda);
};

}  // namespace pgolf
