#include "engine/ops/take_rows.h"

#include "engine/core/backend.h"

namespace pgolf {

Tensor take_rows(Context& ctx, const Tensor& x, const Tensor& rows) {
  check(rows.dtype == DType::i32 && rows.shape.rank() == 1, "take_rows: rows {} {}", dtype_name(rows.dtype),
        rows.shape);
  const Tensor y = ctx.alloc({1, rows.numel(), x.cols()}, x.dtype);
  on_device(ctx.device(), [&](auto b) { TakeRowsKernel<decltype(b)>::run(ctx, x, rows, y); });
  return y;
}

}  // namespace pgolf
