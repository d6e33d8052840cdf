// Losses and entropies of softmax distributions, sharpened where they are uncertain: what PR 849 scores with.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

struct SoftmaxNll {
  Tensor nll;      // [N] f32, nats: -ln q(target)
  Tensor entropy;  // [N] f32, nats: -sum q ln q
};

// z [N, V] softcapped logits in the compute type, targets [N] i32; q = softmax(z / τ), in float32.
//   τ = clip(1 - (1 - temperature)(1 - H/ln V), 0.9, 1.05),  H = -sum p ln(p + 1e-10),  p = softmax(z);  1 if
//   temperature is.
// No gradient: for evaluation.
SoftmaxNll softmax_nll(Context& ctx, const Tensor& z, const Tensor& targets, float temperature);

template <class Backend>
struct SoftmaxNllKernel {
  static void run(Context& ctx, const Tensor& z, const Tensor& targets, float temperature, const SoftmaxNll& out);
};

}  // namespace pgolf
