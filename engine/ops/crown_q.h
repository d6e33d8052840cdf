// CROWN-Q: a penalty on the error that rounding the weights would make.
#pragma once

#include <span>

#include "engine/core/context.h"

namespace pgolf {

// loss + factor · sum over weights of mean(w² delta²), delta = max |row| / clip without a gradient. loss [] f32;
// weights [N, K] f32. Source: PR 849, factor lambda / 12.
Var add_crown_q(Context& ctx, const Var& loss, std::span<const Var> weights, int64_t clip, float factor);

template <class Backend>
struct CrownQKernel {
  // sum [] += factor · mean(w² delta²).
  static void add_penalty(Context& ctx, const Tensor& weight, int64_t clip, float factor, const Tensor& sum);
  // dweight (+)= dloss · factor · 2 w delta² / numel.
  static void backward(Context& ctx, const Tensor& dloss, const Tensor& weight, int64_t clip, float factor,
                       GradTarget dweight);
};

}  // namespace pgolf
