// The challenge's own layout: training shards, validation shards and byte sidecars in one folder, told apart by name
// and numbered from 0.
#pragma once

#include <filesystem>
#include <vector>

#include "engine/data/shard.h"

namespace pgolf {

struct ShardFolder {
  std::vector<std::filesystem::path> train, val, val_bytes;  // by number; val_bytes may be empty
};

// Errors: not_found if the folder, its training or its validation shards are missing; usage if it is no folder;
// submission, naming the file, for a gap in the numbers, a name without a number of six digits, a link, a pipe or
// anything else that is no file, and for sidecars that are not as many as the validation shards.
ShardFolder list_shard_folder(const std::filesystem::path& folder);

// The shards of one split are cut from one stream: all have as many tokens but the last, which may have fewer.
// Errors: submission, naming the first that is out of line or holds nothing.
void check_even_sizes(const std::vector<Shard>& shards);

// Errors: submission for a sidecar that has not an entry for each token of its shard.
void check_sidecars(const std::vector<Shard>& shards, const std::vector<Shard>& sidecars);

}  // namespace pgolf
