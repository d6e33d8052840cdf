#include "engine/ops/cast.h"

#include "engine/core/backend.h"

namespace pgolf {

Var cast(Context& ctx, const Var& x, DType dtype) {
  if (x.value.dtype == dtype) return x;
  const Var y = ctx.output(ctx.alloc(x.shape(), dtype), x);
  cast_into(ctx, x.value, {y.value});
  ctx.on_backward(y, [&ctx, x](const Tensor& dy) { cast_into(ctx, dy, ctx.grad_target(x)); });
  return y;
}

Tensor rounded(Context& ctx, const Tensor& t) { return cast(ctx, t, ctx.compute()).value; }

void pass_gradient(Context& ctx, const Var& y, const Var& x) {
  if (!x.needs_grad()) return;
  if (!y.slot->loose || x.slot->grad.defined() || x.slot->whole != nullptr)
    return cast_into(ctx, y.slot->grad, ctx.grad_target(x));
  x.slot->grad = y.slot->grad.view(x.shape());
  x.slot->written = x.slot->loose = true;
  y.slot->loose = false;
}

void cast_into(Context& ctx, const Tensor& from, const GradTarget& to) {
  check(from.numel() == to.tensor.numel(), "cast: {} into {}", from.shape, to.tensor.shape);
  on_device(ctx.device(), [&](auto backend) { CastKernel<decltype(backend)>::run(ctx, from, to); });
}

}  // namespace pgolf
