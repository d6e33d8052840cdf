#include "engine/ops/select.h"

#include "engine/ops/cast.h"

namespace pgolf {

Var select(Context& ctx, const Var& x, int64_t i) {
  const Var y = ctx.output(x.value[i], x);
  ctx.keep(y);  // its memory is x's
  ctx.on_backward(y, [&ctx, x, i](const Tensor& dy) {
    const GradTarget dx = ctx.grad_target(x);
    if (!dx.add) ctx.fill_zero(dx.tensor);
    cast_into(ctx, dy, {dx.tensor[i], true});
  });
  return y;
}

}  // namespace pgolf
