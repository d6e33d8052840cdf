#include <algorithm>

#include "base/sha256.h"
#include "engine/core/backend.h"
#include "engine/core/parallel.h"
#include "engine/ops/tree_hash.h"

namespace pgolf {

template <>
void TreeHashKernel<Cpu>::run(Context&, std::span<const Tensor> sources, const Tensor& nodes, const Tensor& inner,
                              const Tensor& digests) {
  const int32_t* table = nodes.as<int32_t>();
  parallel_for(nodes.shape[0], 64, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const int32_t source = table[4 * n], place = table[4 * n + 1], bytes = table[4 * n + 2], to = table[4 * n + 3];
      const bool is_inner = source == TreeHash::kMostSources;
      const void* data = is_inner ? inner.data : sources[static_cast<size_t>(source)].data;
      const Digest digest = sha256({static_cast<const std::byte*>(data) + int64_t{place} * 16, size_t(bytes)});
      const Tensor row = to < 0 ? digests[-1 - to] : inner[to];
      std::copy(digest.begin(), digest.end(), static_cast<std::byte*>(row.data));
    }
  });
}

}  // namespace pgolf
