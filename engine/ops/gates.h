// Gates: on the heads of attention before the output projection, and on a block as a whole.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// The gate of head h: outer · sigmoid(inner · (weight_h · s[0:W] + bias_h)).
//   PR 754: W = D, bias.   Sparse (PR 2143, 2097): W = 12, inner 1 or 0.5.   Dense (2097, off): W = D.
//   AttnOutGate (2097, off): W = 12, outer 2, s the block's input or the raw query projection.
struct HeadGate {
  float inner = 1.0F, outer = 1.0F;
};

// z_h = y_h · gate_h. y, z [B, T, H, d] in the compute type; s [B, T, D] in any activation type; weight [H, W] with
// W <= D; bias [H] or undefined.
Var gate_heads(Context& ctx, const Var& y, const Var& s, const Var& weight, const Var& bias, HeadGate form = {});

// z_h = y_h · gain_h. y, z [B, T, H, d]; gain [H]. Source: PR 849.
Var scale_heads(Context& ctx, const Var& y, const Var& gain);

// y = u + g (x - u), g = sigmoid(weight · u + bias), no gradient to u through g. u, x, y [B, T, D] in the stream's
// type; weight [1, D], bias [1]. Source: PR 849 (off).
Var gate_block(Context& ctx, const Var& u, const Var& x, const Var& weight, const Var& bias);

template <class Backend>
struct GateHeadsKernel {
  // sigmoid [B, T, H] float32, kept for backward.
  static void forward(Context& ctx, const Tensor& y, const Tensor& s, const Tensor& weight, const Tensor& bias,
                      HeadGate form, const Tensor& z, const Tensor& sigmoid);
  // The logit of head h gets outer · inner · (dz_h · y_h) · sigmoid (1 - sigmoid).
  static void backward(Context& ctx, const Tensor& dz, const Tensor& y, const Tensor& s, const Tensor& weight,
                       HeadGate form, const Tensor& sigmoid, GradTarget dy, GradTarget ds, GradTarget dweight,
                       GradTarget dbias);
};

template <class Backend>
struct ScaleHeadsKernel {
  static void forward(Context& ctx, const Tensor& y, const Tensor& gain, const Tensor& z);
  static void backward(Context& ctx, const Tensor& dz, const Tensor& y, const Tensor& gain, GradTarget dy,
                       GradTarget dgain);
};

template <class Backend>
struct GateBlockKernel {
  // sigmoid [B, T] float32, kept for backward.
  static void forward(Context& ctx, const Tensor& u, const Tensor& x, const Tensor& weight, const Tensor& bias,
                      const Tensor& y, const Tensor& sigmoid);
  static void backward(Context& ctx, const Tensor& dy, const Tensor& u, const Tensor& x, const Tensor& sigmoid,
                       GradTarget du, GradTarget dx, GradTarget dweight, GradTarget dbias);
};

}  // namespace pgolf
