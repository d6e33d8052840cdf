#include "engine/ops/activation.h"

#include "engine/core/backend.h"
#include "engine/ops/cast.h"
#include "engine/ops/matmul.h"

namespace pgolf {
namespace {

void backward(Context& ctx, const Tensor& dy, const Var& h, float slope, const Var& weight) {
  const ArenaScope scope(ctx.arena());
  const Tensor up = as_matrix(rounded(ctx, dy));
  const bool in_place = ctx.is_last_use(h);
  const GradTarget dh = ctx.grad_target(h), dw = ctx.grad_target(weight);
  Tensor da, a;
  if (dh.wanted()) {
    da = dh.add ? ctx.alloc(h.shape()) : dh.tensor;
    matmul(ctx, {up}, {weight.value}, as_matrix(da));
  }
  if (dw.wanted()) a = in_place ? h.value : ctx.alloc(h.shape());
  on_device(ctx.device(),
            [&](auto b) { LeakyReluSquaredKernel<decltype(b)>::backward(ctx, da, h.value, slope, dh, a); });
  if (dw.wanted()) matmul(ctx, transposed(up), {as_matrix(a)}, dw.tensor, dw.beta());
}

}  // namespace

Tensor leaky_relu_squared(Context& ctx, const Tensor& h, float slope) {
  const Tensor a = ctx.alloc(h.shape, h.dtype);
  on_device(ctx.device(), [&](auto b) { LeakyReluSquaredKernel<decltype(b)>::forward(ctx, h, slope, a); });
  return a;
}

Var activated_linear(Context& ctx, const Var& h, float slope, const Var& weight, const Var& summand) {
  const Shape& w = weight.shape();
  check(w.rank() == 2 && w[1] == h.shape()[-1], "activated_linear: h {} and weight {}", h.shape(), w);
  const Tensor& s = summand.value;
  const Var y =
      ctx.output(ctx.alloc(h.shape().with_last(w[0]), s.defined() ? s.dtype : ctx.compute()), h, weight, summand);
  {
    const ArenaScope scope(ctx.arena());
    const Tensor a = leaky_relu_squared(ctx, h.value, slope);
    matmul(ctx, {as_matrix(a)}, transposed(weight.value), as_matrix(y.value), s.defined() ? 1.0F : 0.0F, s);
  }
  ctx.on_backward(y, [&ctx, h, slope, weight, summand, y](const Tensor& dy) {
    backward(ctx, dy, h, slope, weight);
    pass_gradient(ctx, y, summand);
  });
  return y;
}

}  // namespace pgolf
