// The MLP's activation, and the matrix that reads it.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// a = (leaky_relu(h))², with slope for h < 0; slope 0 is relu². da/dh = 2h for h > 0, else 2 slope² h. No gradient.
// Source: PR 334 (0), PR 754, 2143, 2097 (0.5), PR 849 (0.9).
Tensor leaky_relu_squared(Context& ctx, const Tensor& h, float slope);

// y = a Wᵀ. h [..., K] and weight [N, K] in the compute type; y [..., N] in the compute type. The widest tensors of a
// block are h and a: a is computed again in the backward pass, in the place of h where nothing else uses h.
// With a summand [..., N]: y = a Wᵀ + summand, as in linear.h.
Var activated_linear(Context& ctx, const Var& h, float slope, const Var& weight, const Var& summand = {});

template <class Backend>
struct LeakyReluSquaredKernel {
  static void forward(Context& ctx, const Tensor& h, float slope, const Tensor& a);
  // dh (+)= da · da/dh, and a. Either may be undefined; dh may be the memory of da, and a that of h.
  static void backward(Context& ctx, const Tensor& da, const Tensor& h, float slope, GradTarget dh, const Tensor& a);
};

}  // namespace pgolf
