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

Tensor bigram_hash(Context& ctx, const Tensor& ids, PairHash hash, int64_t buckets) {
  check(ids.dtype == DType::i32 && ids.shape.rank() == 2, "bigram_hash: ids {} {}", dtype_name(ids.dtype), ids.shape);
  check(buckets > (hash == PairHash::xor_ ? 1 : 0), "bigram_hash: {} buckets", buckets);
  const Tensor out = ctx.alloc(ids.shape, DType::i32);
  on_device(ctx.device(), [&](auto b) { EmbeddingKernel<decltype(b)>::bigram_hash(ctx, ids, hash, buckets, out); });
  return out;
}

}  // namespace pgolf
