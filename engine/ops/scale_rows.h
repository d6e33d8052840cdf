// A matrix whose outputs carry a gain. The gain of a branch is applied here and not to what the matrix makes, which is
// as large as the residual stream; so the stream can be added inside the product (engine/ops/linear.h).
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// y_ij = gain_i w_ij. weight [N, K] in the compute type; gain [N] float32; y [N, K] in the compute type, its gradient
// in float32. Gradients: dw_ij = gain_i dy_ij, dgain_i = sum_j w_ij dy_ij. Source: block outputs of all five PRs.
Var scale_rows(Context& ctx, const Var& weight, const Var& gain);

template <class Backend>
struct ScaleRowsKernel {
  static void forward(Context& ctx, const Tensor& weight, const Tensor& gain, const Tensor& y);
  static void backward(Context& ctx, const Tensor& dy, const Tensor& weight, const Tensor& gain, GradTarget dweight,
                       GradTarget dgain);
};

}  // namespace pgolf
