#include "engine/ops/residual.h"

#include "engine/core/backend.h"
#include "engine/ops/cast.h"

namespace pgolf {
namespace {

void check_same(const char* op, const Var& a, const Var& b) {
  check(a.shape() == b.shape(), "{}: {} and {}", op, a.shape(), b.shape());
}

// One backward for two outputs: runs when the later-recorded of them is reached, with whichever gradients exist.
template <class F>
void on_backward_of_either(Context& ctx, const Var& stream, const Var& norm, F backward) {
  if (!stream.needs_grad()) return;
  ctx.record([stream = stream.slot, norm = norm.slot, backward] {
    const Tensor dstream = stream->written ? stream->grad : Tensor{};
    const Tensor dnorm = norm != nullptr && norm->written ? norm->grad : Tensor{};
    if (dstream.defined() || dnorm.defined()) backward(dstream, dnorm);
  });
}

}  // namespace

Var add_scaled(Context& ctx, const Var& x, const Var& gain, const Var& f) {
  check_same("add_scaled", x, f);
  check(gain.value.numel() == x.value.cols() || gain.value.numel() == 1, "add_scaled: gain {} for {}", gain.shape(),
        x.shape());
  const Var y = ctx.output(ctx.alloc(x.shape(), x.value.dtype), x, gain, f);
  on_device(ctx.device(),
            [&](auto b) { ResidualKernel<decltype(b)>::add_forward(ctx, x.value, gain.value, f.value, y.value); });
  ctx.on_backward(y, [=, &ctx](const Tensor& dy) {
    const GradTarget dgain = ctx.grad_target(gain), df = ctx.grad_target(f);
    on_device(ctx.device(),
              [&](auto b) { ResidualKernel<decltype(b)>::add_backward(ctx, dy, gain.value, f.value, dgain, df); });
    pass_gradient(ctx, y, x);
  });
  return y;
}

Normed mix_norm(Context& ctx, const Var& x, const Var& x0, const Var& mix, float scale) {
  check_same("mix_norm", x, x0);
  check(mix.shape() == Shape({2, x.value.cols()}), "mix_norm: mix {} for {}", mix.shape(), x.shape());
  const Normed out{ctx.output(ctx.alloc(x.shape(), x.value.dtype), x, x0, mix),
                   ctx.output(ctx.alloc(x.shape(), ctx.compute()), x, x0, mix)};
  const Tensor rstd = ctx.alloc({x.value.rows()}, DType::f32);
  ctx.keep(out.stream);  // the norm's backward reads it
  on_device(ctx.device(), [&](auto b) {
    ResidualKernel<decltype(b)>::mix_forward(ctx, x.value, x0.value, mix.value, out.stream.value, out.norm.value, rstd,
                                             scale);
  });
  on_backward_of_either(ctx, out.stream, out.norm, [=, &ctx](const Tensor& dstream, const Tensor& dnorm) {
    const GradTarget dx = ctx.grad_target(x), dx0 = ctx.grad_target(x0), dmix = ctx.grad_target(mix);
    on_device(ctx.device(), [&](auto b) {
      ResidualKernel<decltype(b)>::mix_backward(ctx, {dstream, dnorm, out.stream.value, rstd, scale}, x.value, x0.value,
                                                mix.value, dx, dx0, dmix);
    });
  });
  return out;
}

}  // namespace pgolf
