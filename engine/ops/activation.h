// The MLP's activation.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// y = (leaky_relu(h))², with slope for h < 0; slope 0 is relu². dy/dh = 2h for h > 0, else 2 slope² h.
// Source: PR 334 (0), PR 754, 2143, 2097 (0.5), PR 849 (0.9).
Var leaky_relu_squared(Context& ctx, const Var& h, float slope);

template <class Backend>
struct LeakyReluSquaredKernel {
  static void forward(Context& ctx, const Tensor& h, float slope, const Tensor& y);
  static void backward(Context& ctx, const Tensor& dy, const Tensor& h, float slope, GradTarget dh);
};

}  // namespace pgolf
