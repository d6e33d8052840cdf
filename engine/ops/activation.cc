#include "engine/ops/activation.h"

#include "engine/core/backend.h"

namespace pgolf {

Var leaky_relu_squared(Context& ctx, const Var& h, float slope) {
  const Var y = ctx.output(ctx.alloc(h.shape(), h.value.dtype), h);
  on_device(ctx.device(), [&](auto b) { LeakyReluSquaredKernel<decltype(b)>::forward(ctx, h.value, slope, y.value); });
  ctx.on_backward(y, [&ctx, h, slope](const Tensor& dy) {
    on_device(ctx.device(), [&](auto b) {
      LeakyReluSquaredKernel<decltype(b)>::backward(ctx, dy, h.value, slope, ctx.grad_target(h));
    });
  });
  return y;
}

}  // namespace pgolf
