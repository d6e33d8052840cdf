// Shards as a phase opens them: checked, and recorded with their SHA-256.
#pragma once

#include <filesystem>
#include <vector>

#include "engine/data/shard.h"
#include "engine/data/shard_memory.h"
#include "engine/evidence/events.h"

namespace pgolf {

// The shards of one kind in `directory`, each with its data event. A shard that `known` has as it is now is not read:
// its hash and its largest id stand there. Ids of train and val shards are checked against `vocab_size`.
// Errors: those of list_shards, Shard::open and check_token_range.
std::vector<Shard> open_recorded_shards(const std::filesystem::path& directory, ShardKind kind, int64_t vocab_size,
                                        const ShardMemory& known, EventLog& events);

}  // namespace pgolf
