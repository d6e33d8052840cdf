#include "engine/ops/stack_rows.h"

#include "base/error.h"
#include "engine/ops/cast.h"

namespace pgolf {

Var stack_rows(Context& ctx, const std::vector<Var>& matrices) {
  int64_t rows = 0;
  Var trained;
  for (const Var& matrix : matrices) {
    check(matrix.shape().rank() == 2 && matrix.shape()[1] == matrices[0].shape()[1], "stack_rows: {} on {}",
          matrix.shape(), matrices[0].shape());
    rows += matrix.shape()[0];
    if (matrix.needs_grad()) trained = matrix;
  }
  const Var y = ctx.output(ctx.alloc({rows, matrices.at(0).shape()[1]}), trained);
  int64_t first = 0;
  for (const Var& matrix : matrices) {
    ctx.copy(y.value.slice(first, matrix.shape()[0]), matrix.value);
    first += matrix.shape()[0];
  }
  if (y.needs_grad()) y.slot->grad = ctx.arena().alloc_loose(y.shape(), DType::f32), y.slot->loose = true;
  ctx.on_backward(y, [&ctx, matrices](const Tensor& dy) {
    int64_t begin = 0;
    for (const Var& matrix : matrices) {
      const Tensor own = dy.slice(begin, matrix.shape()[0]);
      begin += matrix.shape()[0];
      if (const GradTarget d = ctx.grad_target(matrix); d.wanted()) cast_into(ctx, own, d);
    }
  });
  return y;
}

}  // namespace pgolf
