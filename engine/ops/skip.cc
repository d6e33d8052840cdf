#include "engine/ops/skip.h"

#include "engine/core/backend.h"

namespace pgolf {

Var skip_gated(Context& ctx, const Var& x, const Var& weight, const Var& gate, const Var& s) {
  const Shape row{x.value.cols()};
  check(x.shape() == s.shape() && weight.shape() == row && gate.shape() == row,
        "skip_gated: x {}, weight {}, gate {}, s {}", x.shape(), weight.shape(), gate.shape(), s.shape());
  const Var y = ctx.output(ctx.alloc(x.shape(), x.value.dtype), x, weight, gate, s);
  on_device(ctx.device(), [&](auto b) {
    SkipGatedKernel<decltype(b)>::forward(ctx, x.value, weight.value, gate.value, s.value, y.value);
  });
  ctx.on_backward(y, [&ctx, x, weight, gate, s](const Tensor& dy) {
    const GradTarget dx = ctx.grad_target(x), dweight = ctx.grad_target(weight), dgate = ctx.grad_target(gate);
    const GradTarget ds = ctx.grad_target(s);
    on_device(ctx.device(), [&](auto b) {
      SkipGatedKernel<decltype(b)>::backward(ctx, dy, x.value, weight.value, gate.value, s.value, dx, dweight, dgate,
                                             ds);
    });
  });
  return y;
}

}  // namespace pgolf
