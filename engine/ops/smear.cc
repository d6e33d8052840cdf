#include "engine/ops/smear.h"

#include "engine/core/backend.h"

namespace pgolf {

Var smear_fixed(Context& ctx, const Var& x, const Var& gate) {
  check(x.shape().rank() == 3 && gate.shape() == Shape({x.value.cols()}), "smear_fixed: x {} and gate {}",
        x.shape(), gate.shape());
  const Var y = ctx.output(ctx.alloc(x.shape(), x.value.dtype), x, gate);
  on_device(ctx.device(), [&](auto b) { SmearFixedKernel<decltype(b)>::forward(ctx, x.value, gate.value, y.value); });
  ctx.on_backward(y, [&ctx, x, gate](const Tensor& dy) {
    const GradTarget dx = ctx.grad_target(x), dgate = ctx.grad_target(gate);
    on_device(ctx.device(),
              [&](auto b) { SmearFixedKernel<decltype(b)>::backward(ctx, dy, x.value, gate.value, dx, dgate); });
  });
  return y;
}

}  // namespace pgolf
