#include "engine/ops/rms_norm.h"

#include "engine/core/backend.h"

namespace pgolf {

Var rms_norm(Context& ctx, const Var& x, float scale, DType dtype) {
  const Var n = ctx.output(ctx.alloc(x.shape(), dtype), x);
  const Tensor rstd = ctx.alloc({x.value.rows()}, DType::f32);
  on_device(ctx.device(), [&](auto b) { RmsNormKernel<decltype(b)>::forward(ctx, x.value, n.value, rstd, scale); });
  ctx.on_backward(n, [&ctx, x, rstd, scale](const Tensor& dn) {
    const GradTarget dx = ctx.grad_target(x);
    on_device(ctx.device(), [&](auto b) { RmsNormKernel<decltype(b)>::backward(ctx, dn, x.value, rstd, scale, dx); });
  });
  return n;
}

}  // namespace pgolf
