#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/embedding.h"

namespace pgolf {
namespace {
constexpr int64_t kColumnGrain = 32;
constexpr int64_t kThisFactor = 36313, kPreviousFactor = 27191;
}  // namespace

template <>
void EmbeddingKernel<Cpu>::forward(Context&, const Tensor& ids, const Tensor& table, const Tensor& y) {
  const int64_t D = table.cols();
  for_rows(ids.numel(), [&, id = ids.as<int32_t>(), from = table.as<float>(), to = y.as<float>()](int64_t i) {
    std::copy_n(from + id[i] * D, D, to + i * D);
  });
}

// Parallel over columns: each piece visits all positions in order, so every sum has one order.
template <>
void EmbeddingKernel<Cpu>::backward(Context& ctx, const Tensor& ids, const Tensor& dy, GradTarget dtable) {
  if (!dtable.wanted()) return;
  if (!dtable.add) ctx.fill_zero(dtable.tensor);
  const int64_t N = ids.numel(), D = dy.cols();
  const int32_t* id = ids.as<int32_t>();
  const float* g = dy.as<float>();
  float* out = dtable.tensor.as<float>();
  parallel_for(D, kColumnGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < N; ++i)
      for (int64_t j = begin; j < end; ++j) out[id[i] * D + j] += g[i * D + j];
  });
}

template <>
void EmbeddingKernel<Cpu>::bigram_hash(Context&, const Tensor& ids, PairHash hash, int64_t buckets, const Tensor& out) {
  const int64_t T = ids.shape[1];
  for_rows(ids.numel(), [&, id = ids.as<int32_t>(), bucket = out.as<int32_t>()](int64_t i) {
    const bool first = i % T == 0;
    if (hash == PairHash::additive) {
      const int64_t sum = kThisFactor * id[i] + (first ? 0 : kPreviousFactor * id[i - 1]);
      bucket[i] = static_cast<int32_t>(first ? 0 : sum % buckets);
    } else {
      const auto m = static_cast<int32_t>(buckets - 1);
      const uint32_t mixed =
          first ? 0 : static_cast<uint32_t>(kThisFactor * id[i]) ^ static_cast<uint32_t>(kPreviousFactor * id[i - 1]);
      const int32_t remainder = static_cast<int32_t>(mixed) % m;
      bucket[i] = first ? m : remainder < 0 ? remainder + m : remainder;
    }
  });
}

}  // namespace pgolf
