#include "engine/ops/linear.h"

#include "base/error.h"
#include "engine/ops/cast.h"
#include "engine/ops/matmul.h"

namespace pgolf {

Var linear(Context& ctx, const Var& x, const Var& weight) {
  const Shape& w = weight.shape();
  check(w.rank() == 2 && w[1] == x.shape()[-1], "linear: x {} and weight {}", x.shape(), w);
  const Var input = cast(ctx, x, ctx.compute());
  const Var y = ctx.output(ctx.alloc(x.shape().with_last(w[0])), input, weight);
  matmul(ctx, {as_matrix(input.value)}, transposed(weight.value), as_matrix(y.value));
  ctx.on_backward(y, [&ctx, input, weight](const Tensor& dy) {
    if (const GradTarget dx = ctx.grad_target(input); dx.wanted())
      matmul(ctx, {as_matrix(dy)}, {weight.value}, as_matrix(dx.tensor), dx.beta());
    if (const GradTarget dw = ctx.grad_target(weight); dw.wanted())
      matmul(ctx, transposed(as_matrix(dy)), {as_matrix(input.value)}, dw.tensor, dw.beta());
  });
  return y;
}

}  // namespace pgolf
