#include "engine/ops/gates.h"

#include "engine/core/backend.h"

namespace pgolf {

Var gate_heads(Context& ctx, const Var& y, const Var& s, const Var& weight, const Var& bias, HeadGate form) {
  const Shape &sy = y.shape(), &ss = s.shape(), &w = weight.shape();
  check(sy.rank() == 4 && ss.rank() == 3 && sy[0] == ss[0] && sy[1] == ss[1] && w.rank() == 2 && w[0] == sy[2] &&
            w[1] <= ss[2] && (!bias.value.defined() || bias.shape() == Shape({sy[2]})),
        "gate_heads: y {}, s {}, weight {}, bias {}", sy, ss, w, bias.shape());
  const Var z = ctx.output(ctx.alloc(sy, y.value.dtype), y, s, weight, bias);
  const Tensor sigmoid = ctx.alloc({sy[0], sy[1], sy[2]}, DType::f32);
  on_device(ctx.device(), [&](auto b) {
    GateHeadsKernel<decltype(b)>::forward(ctx, y.value, s.value, weight.value, bias.value, form, z.value, sigmoid);
  });
  ctx.on_backward(z, [&ctx, y, s, weight, bias, form, sigmoid](const Tensor& dz) {
    const GradTarget dy = ctx.grad_target(y), ds = ctx.grad_target(s), dweight = ctx.grad_target(weight);
    const GradTarget dbias = ctx.grad_target(bias);
    on_device(ctx.device(), [&](auto b) {
      GateHeadsKernel<decltype(b)>::backward(ctx, dz, y.value, s.value, weight.value, form, sigmoid, dy, ds, dweight,
                                             dbias);
    });
  });
  return z;
}

Var scale_heads(Context& ctx, const Var& y, const Var& gain) {
  check(y.shape().rank() == 4 && gain.shape() == Shape({y.shape()[2]}), "scale_heads: y {}, gain {}", y.shape(),
        gain.shape());
  const Var z = ctx.output(ctx.alloc(y.shape(), y.value.dtype), y, gain);
  on_device(ctx.device(), [&](auto b) { ScaleHeadsKernel<decltype(b)>::forward(ctx, y.value, gain.value, z.value); });
  ctx.on_backward(z, [&ctx, y, gain](const Tensor& dz) {
    const GradTarget dy = ctx.grad_target(y), dgain = ctx.grad_target(gain);
    on_device(ctx.device(),
              [&](auto b) { ScaleHeadsKernel<decltype(b)>::backward(ctx, dz, y.value, gain.value, dy, dgain); });
  });
  return z;
}

Var gate_block(Context& ctx, const Var& u, const Var& x, const Var& weight, const Var& bias) {
  const Shape& s = u.shape();
  check(s == x.shape() && weight.shape() == Shape({1, s[-1]}) && bias.value.numel() == 1,
        "gate_block: u {}, x {}, weight {}, bias {}", s, x.shape(), weight.shape(), bias.shape());
  const Var y = ctx.output(ctx.alloc(s, x.value.dtype), u, x, weight, bias);
  const Tensor sigmoid = ctx.alloc({u.value.rows()}, DType::f32);
  on_device(ctx.device(), [&](auto b) {
    GateBlockKernel<decltype(b)>::forward(ctx, u.value, x.value, weight.value, bias.value, y.value, sigmoid);
  });
  ctx.on_backward(y, [&ctx, u, x, weight, bias, sigmoid](const Tensor& dy) {
    const GradTarget du = ctx.grad_target(u), dx = ctx.grad_target(x), dweight = ctx.grad_target(weight);
    const GradTarget dbias = ctx.grad_target(bias);
    on_device(ctx.device(), [&](auto b) {
      GateBlockKernel<decltype(b)>::backward(ctx, dy, u.value, x.value, sigmoid, du, dx, dweight, dbias);
    });
  });
  return y;
}

}  // namespace pgolf
