// Softcapped cross entropy per position, and its weighted sum.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// z = cap · tanh(logits / cap);  nll_i = logsumexp(z_i) - z_i[target_i], in float32.
// logits [N, V] in the compute type, targets [N] i32 -> nll [N] f32. dlogits overwrites logits in the backward pass:
// logits must have no other use that needs its value there. Source: all five submissions, cap 30.
Var cross_entropy(Context& ctx, const Var& logits, const Tensor& targets, float cap);

// sum_i weights_i x_i (weights [N] f32, no gradient), or the mean of x where weights are undefined; [] f32.
// Sums are in float64 on the CPU, in a fixed order everywhere.
Var weighted_sum(Context& ctx, const Var& x, const Tensor& weights = {});

// In place: logits <- cap · tanh(logits / cap). No gradient: for evaluation.
void softcap_(Context& ctx, const Tensor& logits, float cap);

template <class Backend>
struct CrossEntropyKernel {
  // lse [N] float32 of the capped logits.
  static void forward(Context& ctx, const Tensor& logits, const Tensor& targets, float cap, const Tensor& nll,
                      const Tensor& lse);
  // dlogits_ij = dnll_i (softmax(z)_ij - [j = target_i]) (1 - (z_ij / cap)²); dlogits may be the same memory as logits.
  static void backward(Context& ctx, const Tensor& dnll, const Tensor& logits, const Tensor& targets, float cap,
                       const Tensor& lse, GradTarget dlogits);
  static void weighted_sum(Context& ctx, const Tensor& x, const Tensor& weights, const Tensor& out);
  // dx_i (+)= dy · weights_i, or dy / N.
  static void weighted_sum_backward(Context& ctx, const Tensor& dy, const Tensor& weights, GradTarget dx);
  static void softcap(Context& ctx, const Tensor& logits, float cap);
};

}  // namespace pgolf
