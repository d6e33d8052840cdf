#include "engine/ops/embedding.h"

#include "engine/core/backend.h"

namespace pgolf {

Var embedding(Context& ctx, const Tensor& ids, const Var& table, DType type) {
  check(ids.dtype == DType::i32 && table.shape().rank() == 2, "embedding: ids {} {} and table {}",
        dtype_name(ids.dtype), ids.shape, table.shape());
  std::vector<int64_t> dims;
  for (int i = 0; i < ids.shape.rank(); ++i) dims.push_back(ids.shape[i]);
  dims.push_back(table.value.cols());
  const Var y = ctx.output(ctx.alloc(Shape(dims), type), table);
  on_device(ctx.device(), [&](auto b) { EmbeddingKernel<decltype(b)>::forward(ctx, ids, table.value, y.value); });
  ctx.on_backward(y, [&ctx, ids, table](const Tensor& dy) {
    const GradTarget dtable = ctx.grad_target(table);
    on_device(ctx.device(), [&](auto b) { EmbeddingKernel<decltype(b)>::backward(ctx, ids, dy, dtable); });
  });
  return y;
}

}  // namespace pgolf
