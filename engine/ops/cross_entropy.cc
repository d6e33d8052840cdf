#include "engine/ops/cross_entropy.h"

#include <cmath>

#include "engine/core/backend.h"

namespace pgolf {
namespace {

void check_cap(const Softcap& cap) {
  check(cap.cap > 0 && cap.positive.defined() == cap.negative.defined(), "softcap: cap {} or half a pair", cap.cap);
}

}  // namespace

Smoothing Smoothing::as_run(float epsilon, int64_t vocab_size) {
  return {1.0F - epsilon, 0.0F, epsilon * std::log(static_cast<float>(vocab_size))};
}

Var cross_entropy(Context& ctx, const Var& logits, const Tensor& targets, const Softcap& cap,
                  const Smoothing& smoothing) {
  const int64_t N = logits.value.rows();
  check(targets.dtype == DType::i32 && targets.numel() == N && logits.shape().rank() == 2,
        "cross_entropy: logits {}, targets {} {}", logits.shape(), dtype_name(targets.dtype), targets.shape);
  check_cap(cap);
  const Var nll = ctx.output(ctx.alloc({N}, DType::f32), logits);
  const Tensor lse = ctx.alloc({N}, DType::f32);
  on_device(ctx.device(), [&](auto b) {
    CrossEntropyKernel<decltype(b)>::forward(ctx, logits.value, targets, cap, smoothing, nll.value, lse);
  });
  ctx.on_backward(nll, [=, &ctx](const Tensor& dnll) {
    const GradTarget dlogits = ctx.grad_in_place(logits);  // the largest tensor of a step
    on_device(ctx.device(), [&](auto b) {
      CrossEntropyKernel<decltype(b)>::backward(ctx, dnll, logits.value, targets, cap, smoothing, lse, dlogits);
    });
  });
  return nll;
}

Var weighted_sum(Context& ctx, const Var& x, const Tensor& weights) {
  check(x.value.dtype == DType::f32 && (!weights.defined() || weights.numel() == x.value.numel()),
        "weighted_sum: x {} {}, weights {}", dtype_name(x.value.dtype), x.shape(), weights.shape);
  const Var y = ctx.output(ctx.alloc({}, DType::f32), x);
  on_device(ctx.device(),
            [&](auto b) { CrossEntropyKernel<decltype(b)>::weighted_sum(ctx, x.value, weights, y.value); });
  ctx.on_backward(y, [&ctx, x, weights](const Tensor& dy) {
    const GradTarget dx = ctx.grad_target(x);
    on_device(ctx.device(),
              [&](auto b) { CrossEntropyKernel<decltype(b)>::weighted_sum_backward(ctx, dy, weights, dx); });
  });
  return y;
}

void softcap_(Context& ctx, const Tensor& logits, const Softcap& cap) {
  check_cap(cap);
  on_device(ctx.device(), [&](auto b) { CrossEntropyKernel<decltype(b)>::softcap(ctx, logits, cap); });
}

}  // namespace pgolf
