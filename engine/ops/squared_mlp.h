// The MLP of a block: two matrices and the squared activation between them.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// y = a W₂ᵀ with a = leaky_relu(x W₁ᵀ)² (engine/ops/activation.h). x [..., D], up W₁ [I, D] and down W₂ [N, I] in the
// compute type; y [..., N]. With a summand [..., N]: y = a W₂ᵀ + summand, as in linear.h.
//
// The definition is activated_linear(linear(x, W₁), W₂). Where SquaredProduct takes the shapes, the activation and its
// derivative are computed as the products' results leave the registers: x W₁ᵀ is never stored, and backward finds it in
// √a and one sign bit.
Var squared_mlp(Context& ctx, const Var& x, const Var& up, float slope, const Var& down, const Var& summand = {});

// Products with the activation at their end (CUTLASS, Hopper).
template <class Backend>
struct SquaredProduct {
  static bool takes(Context& ctx, const Tensor& x, const Tensor& up);
  // a = leaky_relu(x upᵀ)² [rows, hidden] in bf16, and the signs of x upᵀ in the order of the kernel's threads.
  static void forward(Context& ctx, const Tensor& x, const Tensor& up, float slope, const Tensor& a,
                      const Tensor& signs);
  // dh = (dy down) ⊙ da/dh.
  static void backward(Context& ctx, const Tensor& dy, const Tensor& down, float slope, const Tensor& a,
                       const Tensor& signs, const Tensor& dh);
};

// 32-bit words that hold the signs: a bit for every element of the pairs of tiles that cover a.
int64_t sign_words(int64_t rows, int64_t hidden);

}  // namespace pgolf
