#include "engine/ops/linear.h"

#include "base/error.h"
#include "engine/ops/cast.h"
#include "engine/ops/matmul.h"

namespace pgolf {

Var linear(Context& ctx, const Var& x, const Var& weight, const Var& summand) {
  const Shape& w = weight.shape();
  check(w.rank() == 2 && w[1] == x.shape()[-1], "linear: x {} and weight {}", x.shape(), w);
  const Var input = cast(ctx, x, ctx.compute());
  const Tensor& s = summand.value;
  const Var y =
      ctx.output(ctx.alloc(x.shape().with_last(w[0]), s.defined() ? s.dtype : ctx.compute()), input, weight, summand);
  matmul(ctx, {as_matrix(input.value)}, transposed(weight.value), as_matrix(y.value), s.defined() ? 1.0F : 0.0F, s);
  ctx.on_backward(y, [&ctx, input, weight, summand, y](const Tensor& dy) {
    const ArenaScope scope(ctx.arena());
    const Tensor up = as_matrix(rounded(ctx, dy));
    if (const GradTarget dx = ctx.grad_target(input); dx.wanted())
      matmul(ctx, {up}, {weight.value}, as_matrix(dx.tensor), dx.beta());
    if (const GradTarget dw = ctx.grad_target(weight); dw.wanted())
      matmul(ctx, transposed(up), {as_matrix(input.value)}, dw.tensor, dw.beta());
    pass_gradient(ctx, y, summand);
  });
  return y;
}

}  // namespace pgolf
