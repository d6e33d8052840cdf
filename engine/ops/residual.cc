#include "engine/ops/residual.h"

#include "engine/core/backend.h"

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

struct Buffers {
  Var stream, norm;
  Tensor rstd;
};

template <class... Inputs>
Buffers allocate_outputs(Context& ctx, const Var& x, const Inputs&... inputs) {
  const Buffers out{ctx.output(ctx.alloc(x.shape(), x.value.dtype), x, inputs...),
                    ctx.output(ctx.alloc(x.shape(), ctx.compute()), x, inputs...),
                    ctx.alloc({x.value.rows()}, DType::f32)};
  ctx.keep(out.stream);  // the norm's backward reads it
  return out;
}

// norm and rstd undefined in `out`: add_scaled.
Normed add(Context& ctx, const Var& x, const Var& gain, const Var& f, const Buffers& out, float scale) {
  check_same("add_scaled", x, f);
  check(gain.value.numel() == x.value.cols() || gain.value.numel() == 1, "add_scaled: gain {} for {}", gain.shape(),
        x.shape());
  on_device(ctx.device(), [&](auto b) {
    ResidualKernel<decltype(b)>::add_forward(ctx, x.value, gain.value, f.value, out.stream.value, out.norm.value,
                                             out.rstd, scale);
  });
  on_backward_of_either(ctx, out.stream, out.norm, [=, &ctx](const Tensor& dstream, const Tensor& dnorm) {
    const GradTarget dx = ctx.grad_target(x), dgain = ctx.grad_target(gain), df = ctx.grad_target(f);
    on_device(ctx.device(), [&](auto b) {
      ResidualKernel<decltype(b)>::add_backward(ctx, {dstream, dnorm, out.stream.value, out.rstd, scale}, gain.value,
                                                f.value, dx, dgain, df);
    });
  });
  return {out.stream, out.norm};
}

}  // namespace

Var add_scaled(Context& ctx, const Var& x, const Var& gain, const Var& f) {
  return add(ctx, x, gain, f, {ctx.output(ctx.alloc(x.shape(), x.value.dtype), x, gain, f), {}, {}}, 1.0F).stream;
}

Normed add_norm(Context& ctx, const Var& x, const Var& gain, const Var& f, float scale) {
  return add(ctx, x, gain, f, allocate_outputs(ctx, x, gain, f), scale);
}

Normed mix_norm(Context& ctx, const Var& x, const Var& x0, const Var& mix, float scale) {
  check_same("mix_norm", x, x0);
  check(mix.shape() == Shape({2, x.value.cols()}), "mix_norm: mix {} for {}", mix.shape(), x.shape());
  const Buffers out = allocate_outputs(ctx, x, x0, mix);
  on_device(ctx.device(), [&](auto b) {
    ResidualKernel<decltype(b)>::mix_forward(ctx, x.value, x0.value, mix.value, out.stream.value, out.norm.value,
                                             out.rstd, scale);
  });
  on_backward_of_either(ctx, out.stream, out.norm, [=, &ctx](const Tensor& dstream, const Tensor& dnorm) {
    const GradTarget dx = ctx.grad_target(x), dx0 = ctx.grad_target(x0), dmix = ctx.grad_target(mix);
    on_device(ctx.device(), [&](auto b) {
      ResidualKernel<decltype(b)>::mix_backward(ctx, {dstream, dnorm, out.stream.value, out.rstd, scale}, x.value,
                                                x0.value, mix.value, dx, dx0, dmix);
    });
  });
  return {out.stream, out.norm};
}

}  // namespace pgolf
