#include "engine/core/backend.h"
#include "engine/ops/bigram_hash.h"
#include "engine/ops/cpu_rows.h"

namespace pgolf {
namespace {
constexpr int64_t kThisFactor = 36313, kPreviousFactor = 27191;
}  // namespace

template <>
void BigramHashKernel<Cpu>::forward(Context&, const Tensor& ids, PairHash hash, int64_t buckets, const Tensor& out) {
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
