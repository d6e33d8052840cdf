// Recounting shards: what verification knows about a split from its files alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/data/manifest.h"
#include "engine/data/shard.h"

namespace pgolf {

// The shards that `entries` names, opened, after comparing each one's size, count and SHA-256 with its entry, and the
// folder's listing with the entries (a loader takes whatever lies there). Errors: submission or not_found, naming the
// first difference.
std::vector<Shard> open_listed_shards(const std::filesystem::path& root, const std::filesystem::path& folder,
                                      ShardKind kind, const std::vector<ShardEntry>& entries);

struct SplitScan {
  int64_t documents = 0, tokens = 0;
};

// Reads shards as one stream of documents, each from its BOS to the next, and calls document(hash) with the SHA-256 of
// its tokens. Errors: submission for a token beyond `vocab_size`, a stream that does not start with BOS, or an empty
// document.
SplitScan scan_documents(const std::vector<Shard>& shards, int64_t vocab_size, int32_t bos_id, const char* label,
                         const std::function<void(const std::string& hash)>& document);

}  // namespace pgolf
