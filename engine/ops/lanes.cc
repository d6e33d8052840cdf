#include "engine/ops/lanes.h"

#include "engine/core/backend.h"

namespace pgolf {
namespace {

void check_inputs(const LaneInputs& in) {
  const Shape &s = in.lane0.shape, row{s[-1]};
  check(s == in.lane1.shape && s == in.attn.shape && s == in.mlp.shape && in.attn_scale.shape == row &&
            in.mlp_scale.shape == row && in.resid.numel() == 2 && in.post.numel() == 4,
        "update_lanes: lanes {} and {}, branches {} and {}, scales {} and {}, resid {}, post {}", s, in.lane1.shape,
        in.attn.shape, in.mlp.shape, in.attn_scale.shape, in.mlp_scale.shape, in.resid.shape, in.post.shape);
}

}  // namespace

Lanes update_lanes(Context& ctx, const Lanes& lanes, const Var& attn_scale, const Var& attn, const Var& mlp_scale,
                   const Var& mlp, const Var& resid, const Var& post) {
  const LaneInputs in{lanes.attn.value, lanes.mlp.value, attn_scale.value, attn.value,
                      mlp_scale.value,  mlp.value,       resid.value,      post.value};
  check_inputs(in);
  const auto output = [&] {
    return ctx.output(ctx.alloc(in.lane0.shape, in.lane0.dtype), lanes.attn, lanes.mlp, attn_scale, attn, mlp_scale,
                      mlp, resid, post);
  };
  const Lanes out{output(), output()};
  on_device(ctx.device(), [&](auto b) { LanesKernel<decltype(b)>::update(ctx, in, out.attn.value, out.mlp.value); });
  if (!out.attn.needs_grad()) return out;
  ctx.record([=, &ctx, slot0 = out.attn.slot, slot1 = out.mlp.slot] {
    if (!slot0->written && !slot1->written) return;
    const auto gradient = [&](const GradSlot* slot) {
      return slot->written ? slot->grad.view(in.lane0.shape) : Tensor{};
    };
    const LaneGradients d{ctx.grad_target(lanes.attn), ctx.grad_target(lanes.mlp), ctx.grad_target(attn_scale),
                          ctx.grad_target(attn),       ctx.grad_target(mlp_scale), ctx.grad_target(mlp),
                          ctx.grad_target(resid),      ctx.grad_target(post)};
    on_device(ctx.device(),
              [&](auto b) { LanesKernel<decltype(b)>::update_backward(ctx, gradient(slot0), gradient(slot1), in, d); });
  });
  return out;
}

Var mean_of(Context& ctx, const Lanes& lanes) {
  const Var &a = lanes.attn, &m = lanes.mlp;
  check(a.shape() == m.shape() && a.value.dtype == m.value.dtype, "mean_of: {} and {}", a.shape(), m.shape());
  const Var y = ctx.output(ctx.alloc(a.shape(), a.value.dtype), a, m);
  on_device(ctx.device(), [&](auto b) { LanesKernel<decltype(b)>::mean(ctx, a.value, m.value, y.value); });
  ctx.on_backward(y, [&ctx, lanes](const Tensor& dy) {
    const GradTarget dattn = ctx.grad_target(lanes.attn), dmlp = ctx.grad_target(lanes.mlp);
    on_device(ctx.device(), [&](auto b) { LanesKernel<decltype(b)>::mean_backward(ctx, dy, dattn, dmlp); });
  });
  return y;
}

}  // namespace pgolf
