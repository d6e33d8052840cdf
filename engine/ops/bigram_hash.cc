#include "engine/ops/bigram_hash.h"

#include "engine/core/backend.h"

namespace pgolf {

Tensor bigram_hash(Context& ctx, const Tensor& ids, PairHash hash, int64_t buckets) {
  check(ids.dtype == DType::i32 && ids.shape.rank() == 2, "bigram_hash: ids {} {}", dtype_name(ids.dtype), ids.shape);
  check(buckets > (hash == PairHash::xor_ ? 1 : 0), "bigram_hash: {} buckets", buckets);
  const Tensor out = ctx.alloc(ids.shape, DType::i32);
  on_device(ctx.device(), [&](auto b) { BigramHashKernel<decltype(b)>::forward(ctx, ids, hash, buckets, out); });
  return out;
}

}  // namespace pgolf
