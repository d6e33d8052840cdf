// Value residual, and the gain of the value embedding: learned scalar combinations of a layer's values.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// y = weights[0] a + weights[1] b. a, b, y of one shape and type, a and b perhaps columns of a wider tensor; weights
// [2]. Source: PR 754, where a is the first layer's values and b the layer's own. PR 849's form, x0 added to a block's
// output, is add_scaled (residual.h).
Var value_residual(Context& ctx, const Var& a, const Var& b, const Var& weights);

// y = gain · x, gain []; y has x's type. Source: PR 849, the scale of the value embedding.
Var scaled(Context& ctx, const Var& x, const Var& gain);

template <class Backend>
struct ValueResidualKernel {
  static void forward(Context& ctx, const Tensor& a, const Tensor& b, const Tensor& weights, const Tensor& y);
  static void backward(Context& ctx, const Tensor& dy, const Tensor& a, const Tensor& b, const Tensor& weights,
                       GradTarget da, GradTarget db, GradTarget dweights);
};

template <class Backend>
struct ScaledKernel {
  static void forward(Context& ctx, const Tensor& x, const Tensor& gain, const Tensor& y);
  static void backward(Context& ctx, const Tensor& dy, const Tensor& x, const Tensor& gain, GradTarget dx,
                       GradTarget dgain);
};

}  // namespace pgolf
