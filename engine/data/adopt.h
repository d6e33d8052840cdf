// `pgolf data adopt`: the challenge's own shards, taken in where they lie.
//
// A data directory like those of `prepare` is made, whose train/ and val/ hold links to the shards; copied are the
// tokenizer and, if the documents are given, the text of the validation documents. Nothing in the manifest names a
// place, so that the same files adopted on two machines are the same data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "engine/data/bytes.h"
#include "engine/data/data_check.h"
#include "engine/data/manifest.h"
#include "engine/data/shard_memory.h"

namespace pgolf {

struct AdoptOptions {
  std::filesystem::path folder;     // fineweb_train_*.bin, fineweb_val_*.bin and perhaps fineweb_val_bytes_*.bin
  std::filesystem::path tokenizer;  // the SentencePiece model that made them
  std::filesystem::path docs;  // JSON lines that begin with the validation documents; empty: their text is not known
  std::filesystem::path out;   // the directory to make; empty: FOLDER-HASH in `home`
  std::filesystem::path home;
  bool caseops = false;
  bool rehash = false;            // hash files that `memory` knows too
  ShardMemory* memory = nullptr;  // of hashes; takes in what is hashed
  std::function<void()> poll = [] {};
};

struct AdoptReport {
  DataManifest manifest;
  std::vector<DataCheck> checks;
  std::vector<RowBytes> bytes;        // of validation: all targets, and those of whole rows of 1024 and of 2048 tokens
  int64_t files = 0, remembered = 0;  // remembered: not hashed, because nobody wrote to them since they were
  int64_t file_bytes = 0;
  bool existed = false;  // the directory was there already, of the same shards
  double seconds = 0;
};

// Errors: those of list_shard_folder, check_even_sizes, check_sidecars and Tokenizer; submission for ids beyond the
// vocabulary, a stream that does not start with BOS, a sidecar that gives a BOS bytes, upstream's manifest saying
// something else, or documents whose text is not that of the shards; usage for a sidecar without `caseops`, for too few
// documents, and if `out` holds something else.
AdoptReport adopt_data(const AdoptOptions& options);

}  // namespace pgolf
