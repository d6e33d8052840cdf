// Softcapped cross entropy per position, and its weighted sum.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// z = cap · tanh(logits / cap), the cap of positive and of negative logits being separate. Source: all five
// submissions, cap 30; PR 2097 has a learned pair for evaluation and TTT.
struct Softcap {
  float cap = 30.0F;
  Tensor positive, negative;                    // [] f32 each, instead of `cap` where defined; without a gradient
  Softcap(float symmetric) : cap(symmetric) {}  // NOLINT: a number is a cap
  Softcap(const Tensor& pos, const Tensor& neg) : positive(pos), negative(neg) {}
};

// loss_i = target (lse_i - z_i[target_i]) + uniform (lse_i - mean_j z_ij) + constant. The default is cross entropy.
struct Smoothing {
  float target = 1.0F, uniform = 0.0F, constant = 0.0F;
  // Cross entropy with (1 - epsilon) onehot + epsilon / V.
  static Smoothing standard(float epsilon) { return {1.0F - epsilon, epsilon, 0.0F}; }
  // (1 - epsilon) · loss + epsilon ln V, which only scales gradients. Source: PR 2097's fused path.
  static Smoothing as_run(float epsilon, int64_t vocab_size);
};

// nll_i in float32. logits [N, V] in the compute type, targets [N] i32 -> nll [N] f32. dlogits takes the place of
// logits where nothing else uses them.
Var cross_entropy(Context& ctx, const Var& logits, const Tensor& targets, const Softcap& cap,
                  const Smoothing& smoothing = {});

// sum_i weights_i x_i (weights [N] f32, no gradient), or the mean of x where weights are undefined; [] f32.
// Sums are in float64 on the CPU, in a fixed order everywhere.
Var weighted_sum(Context& ctx, const Var& x, const Tensor& weights = {});

// In place: logits <- softcapped logits. No gradient: for evaluation.
void softcap_(Context& ctx, const Tensor& logits, const Softcap& cap);

template <class Backend>
struct CrossEntropyKernel {
  // lse [N] float32 of the capped logits.
  static void forward(Context& ctx, const Tensor& logits, const Tensor& targets, const Softcap& cap,
                      const Smoothing& smoothing, const Tensor& nll, const Tensor& lse);
  // dlogits_ij = dnll_i ((target + uniform) softmax(z)_ij - target [j = target_i] - uniform / V) (1 - (z_ij / cap)²);
  // dlogits may be the same memory as logits.
  static void backward(Context& ctx, const Tensor& dnll, const Tensor& logits, const Tensor& targets,
                       const Softcap& cap, const Smoothing& smoothing, const Tensor& lse, GradTarget dlogits);
  static void weighted_sum(Context& ctx, const Tensor& x, const Tensor& weights, const Tensor& out);
  // dx_i (+)= dy · weights_i, or dy / N.
  static void weighted_sum_backward(Context& ctx, const Tensor& dy, const Tensor& weights, GradTarget dx);
  static void softcap(Context& ctx, const Tensor& logits, const Softcap& cap);
};

}  // namespace pgolf
