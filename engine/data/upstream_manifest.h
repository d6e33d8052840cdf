// manifest.json as the challenge's exporter (data/download_hf_docs_and_tokenize.py) writes it beside its data sets.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/data/data_check.h"

namespace pgolf {

// What was found in a folder of shards, to be held against it.
struct FolderFacts {
  int64_t vocab_size = 0, bos_id = 0, shard_tokens = 0;
  int64_t val_files = 0, val_documents = 0, val_tokens = 0;
  int64_t train_files = 0, train_documents = 0, train_tokens = 0;
};

// The one that speaks of `folder`: in it, or where upstream has it, two folders above. "" if there is none.
std::filesystem::path find_upstream_manifest(const std::filesystem::path& folder);

// Holds the manifest's entry named `dataset`, or its only one, against the facts: vocabulary, BOS, shard size, the
// whole validation split, and the training split if all of its files are there (a prefix is what upstream's downloader
// fetches). Pass; unknown if it is not upstream's or has no such entry; fail at the first contradiction.
DataCheck check_upstream_manifest(std::string_view text, const std::string& name, const std::string& dataset,
                                  const FolderFacts& facts);

}  // namespace pgolf
