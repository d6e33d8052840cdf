#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/embedding.h"

namespace pgolf {
namespace {
constexpr int64_t kColumnGrain = 32;
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

}  // namespace pgolf
