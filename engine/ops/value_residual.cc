#include "engine/ops/value_residual.h"

#include "engine/core/backend.h"

namespace pgolf {

Var value_residual(Context& ctx, const Var& a, const Var& b, const Var& weights) {
  check(a.shape() == b.shape() && a.value.dtype == b.value.dtype && weights.value.numel() == 2,
        "value_residual: a {}, b {}, weights {}", a.shape(), b.shape(), weights.shape());
  const Var y = ctx.output(ctx.alloc(a.shape(), a.value.dtype), a, b, weights);
  on_device(ctx.device(), [&](auto backend) {
    ValueResidualKernel<decltype(backend)>::forward(ctx, a.value, b.value, weights.value, y.value);
  });
  ctx.on_backward(y, [&ctx, a, b, weights](const Tensor& dy) {
    const GradTarget da = ctx.grad_target(a), db = ctx.grad_target(b), dweights = ctx.grad_target(weights);
    on_device(ctx.device(), [&](auto backend) {
      ValueResidualKernel<decltype(backend)>::backward(ctx, dy, a.value, b.value, weights.value, da, db, dweights);
    });
  });
  return y;
}

Var scaled(Context& ctx, const Var& x, const Var& gain) {
  check(gain.value.numel() == 1, "scaled: x {}, gain {}", x.shape(), gain.shape());
  const Var y = ctx.output(ctx.alloc(x.shape(), x.value.dtype), x, gain);
  on_device(ctx.device(), [&](auto b) { ScaledKernel<decltype(b)>::forward(ctx, x.value, gain.value, y.value); });
  ctx.on_backward(y, [&ctx, x, gain](const Tensor& dy) {
    const GradTarget dx = ctx.grad_target(x), dgain = ctx.grad_target(gain);
    on_device(ctx.device(),
              [&](auto b) { ScaledKernel<decltype(b)>::backward(ctx, dy, x.value, gain.value, dx, dgain); });
  });
  return y;
}

}  // namespace pgolf
