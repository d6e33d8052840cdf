// One pass over the shards of a split: hashes, ids and documents, several shards at once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/data/document_set.h"
#include "engine/data/shard.h"
#include "engine/data/shard_memory.h"

namespace pgolf {

struct ShardFindings {
  std::string sha256;     // of the file
  int64_t largest = -1;   // id; -1 in an empty shard
  int64_t documents = 0;  // that start in it
  bool remembered = false;
};

struct SplitScan {
  std::vector<ShardFindings> shards;
  int64_t tokens = 0, documents = 0;
  int64_t empty_documents = 0;  // of a BOS alone
  std::string problem;          // the first id beyond the vocabulary, or that the stream does not start with BOS

  int64_t number_of(const DocumentPlace& place) const;  // of the document in the split, from 0
  int64_t largest() const;
  int64_t remembered_files() const;
};

struct ScanOptions {
  const char* label = "";    // of the progress display
  int64_t vocab_size = 0;    // ids from here on are a problem
  int32_t bos_id = -1;       // starts a document; -1: entries are not ids, as in a byte sidecar
  ShardMemory* memory = {};  // files that it knows are not hashed, others are added, also by a pass that is broken off
  std::function<void()> poll = [] {};  // called now and then, by several threads; what it throws ends the pass
};

// Splits the stream of all shards at BOS and calls document(place, pieces) for each document that is more than its BOS,
// from several threads at once and in no order. Errors: machine if a file changed while it was read; what `document`
// and `poll` throw.
using OnDocument = std::function<void(const DocumentPlace&, DocumentPieces)>;
SplitScan scan_split(
    const std::vector<Shard>& shards, const ScanOptions& options,
    const OnDocument& document = [](const DocumentPlace&, DocumentPieces) {});

}  // namespace pgolf
