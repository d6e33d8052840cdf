#include "engine/ops/scale_rows.h"

#include "engine/core/backend.h"

namespace pgolf {

Var scale_rows(Context& ctx, const Var& weight, const Var& gain) {
  const Shape& w = weight.shape();
  check(w.rank() == 2 && gain.shape() == Shape({w[0]}), "scale_rows: weight {} and gain {}", w, gain.shape());
  const Var y = ctx.output(ctx.alloc(w), weight, gain);
  on_device(ctx.device(),
            [&](auto b) { ScaleRowsKernel<decltype(b)>::forward(ctx, weight.value, gain.value, y.value); });
  if (y.needs_grad()) y.slot->grad = ctx.arena().alloc_loose(w, DType::f32), y.slot->loose = true;
  ctx.on_backward(y, [&ctx, weight, gain](const Tensor& dy) {
    const GradTarget dweight = ctx.grad_target(weight), dgain = ctx.grad_target(gain);
    on_device(ctx.device(), [&](auto b) {
      ScaleRowsKernel<decltype(b)>::backward(ctx, dy, weight.value, gain.value, dweight, dgain);
    });
  });
  return y;
}

}  // namespace pgolf
