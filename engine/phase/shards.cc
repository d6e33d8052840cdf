#include "engine/phase/shards.h"

#include "base/sha256.h"

namespace pgolf {

std::vector<Shard> open_recorded_shards(const std::filesystem::path& directory, ShardKind kind, int64_t vocab_size,
                                        const ShardMemory& known, EventLog& events) {
  std::vector<Shard> out = open_shards(list_shards(directory, kind));
  for (const Shard& shard : out) {
    const RememberedShard* before = known.find(shard.stamp());
    const bool fits = kind == ShardKind::val_bytes || (before != nullptr && before->largest < vocab_size);
    if (!fits) check_token_range(shard, vocab_size);
    events.write(DataEvent{.role = kind == ShardKind::train ? "train" : "val",
                           .path = shard.path().filename().string(),
                           .sha256 = before != nullptr ? before->sha256 : sha256_hex(shard.bytes()),
                           .bytes = static_cast<int64_t>(shard.bytes().size())});
  }
  return out;
}

}  // namespace pgolf
