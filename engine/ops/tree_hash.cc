#include "engine/ops/tree_hash.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/core/backend.h"

namespace pgolf {
namespace {

constexpr int64_t kUnit = 16;  // bytes that places are counted in: 32 bits reach 32 GiB

// What is left to be hashed of a part: bytes of a source, later digests of the level before.
struct Pending {
  int64_t source, begin, bytes, row;
};

void add_node(std::vector<int32_t>& nodes, int64_t source, int64_t begin, int64_t bytes, int64_t to) {
  check(std::in_range<int32_t>(begin / kUnit) && std::in_range<int32_t>(to), "tree hash: beyond 2^31 places");
  for (const int64_t value : {source, begin / kUnit, bytes, to}) nodes.push_back(static_cast<int32_t>(value));
}

// The nodes of one level; what they leave becomes `pending`, in rows of the inner nodes from `inner` on.
std::vector<int32_t> next_level(std::vector<Pending>& pending, int64_t inner_source, int64_t& inner) {
  std::vector<int32_t> nodes;
  std::vector<Pending> next;
  for (const Pending& part : pending) {
    const bool last = part.bytes <= kTreeNodeBytes;
    const int64_t first = inner;
    for (int64_t at = 0; at < part.bytes; at += kTreeNodeBytes)
      add_node(nodes, part.source, part.begin + at, std::min(kTreeNodeBytes, part.bytes - at),
               last ? -1 - part.row : inner++);
    if (!last) next.push_back({inner_source, first * kDigestBytes, (inner - first) * kDigestBytes, part.row});
  }
  pending = std::move(next);
  return nodes;
}

}  // namespace

TreeHash::TreeHash(Context& ctx, const std::vector<TreePart>& parts) : arena_(ctx.device()) {
  std::vector<Pending> pending;
  for (const TreePart& part : parts) {
    check(part.begin % kUnit == 0 && part.bytes % 4 == 0 && part.bytes > 0 && part.source < kMostSources,
          "tree hash: {} bytes at {} of source {}", part.bytes, part.begin, part.source);
    pending.push_back({part.source, part.begin, part.bytes, part.row});
  }
  int64_t inner = 0;
  while (!pending.empty()) {
    std::vector<int32_t> nodes = next_level(pending, kMostSources, inner);
    const Tensor level = arena_.alloc({static_cast<int64_t>(nodes.size()) / 4, 4}, DType::i32);
    ctx.copy(level, {nodes.data(), level.shape, DType::i32, kCpu});
    levels_.push_back(level);
  }
  inner_ = arena_.alloc({std::max<int64_t>(inner, 1), kDigestBytes}, DType::u8);
}

void TreeHash::run(Context& ctx, std::span<const Tensor> sources, const Tensor& digests) const {
  check(sources.size() <= kMostSources && digests.cols() == kDigestBytes, "tree hash: {} sources into {}",
        sources.size(), digests.shape);
  for (const Tensor& source : sources) check(source.contiguous(), "tree hash: of columns");
  for (const Tensor& level : levels_)
    on_device(ctx.device(),
              [&](auto backend) { TreeHashKernel<decltype(backend)>::run(ctx, sources, level, inner_, digests); });
}

}  // namespace pgolf
