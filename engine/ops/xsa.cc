#include "engine/ops/xsa.h"

#include "engine/core/backend.h"

namespace pgolf {

Var xsa(Context& ctx, const Var& y, const Var& v) {
  const Shape &sy = y.shape(), &sv = v.shape();
  check(sy.rank() == 4 && sv.rank() == 4 && sy[0] == sv[0] && sy[1] == sv[1] && sy[3] == sv[3] && sy[2] % sv[2] == 0,
        "xsa: y {}, v {}", sy, sv);
  const Var z = ctx.output(ctx.alloc(sy, y.value.dtype), y, v);
  on_device(ctx.device(), [&](auto b) { XsaKernel<decltype(b)>::forward(ctx, y.value, v.value, z.value); });
  ctx.on_backward(z, [&ctx, y, v](const Tensor& dz) {
    const GradTarget dy = ctx.grad_target(y), dv = ctx.grad_target(v);
    on_device(ctx.device(), [&](auto b) { XsaKernel<decltype(b)>::backward(ctx, dz, y.value, v.value, dy, dv); });
  });
  return z;
}

}  // namespace pgolf
