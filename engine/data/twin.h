// The twin of a validation set: as many documents of the same source, none of which is in training or validation.
// DIR/twin/twin.json (format pgolf.twin/1), tokenizer.model, val/fineweb_val_*.bin (with a sidecar also
// fineweb_val_bytes_*.bin) and val/documents.jsonl, beside the manifest, whose hash stays what runs are pinned to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/manifest.h"

namespace pgolf {

inline constexpr char kTwinFolder[] = "twin";

struct TwinSet {
  std::string of;                // SHA-256 of the manifest whose validation set it is the twin of
  FileEntry source;              // the documents it was drawn from; `file` is a name only
  int64_t source_documents = 0;  // of these
  int64_t fresh_documents = 0;   // neither training nor validation had
  int64_t near_documents = 0;    // were drawn and left out: a good part of their text is in training or validation
  int64_t documents = 0, tokens = 0, text_bytes = 0;
  FileEntry tokenizer, text;  // files relative to DIR/twin
  std::vector<ShardEntry> shards, byte_shards;
};

struct TwinOptions {
  std::filesystem::path data;          // a data directory without a twin
  std::filesystem::path docs;          // JSON lines
  std::function<void()> poll = [] {};  // as of PrepareOptions
};

// Draws as many documents as the validation set has, each of those that are fresh with the same chance, by a generator
// that starts from the manifest's hash; they keep their order. Errors: usage if the data have a twin, or too few
// documents are fresh; those of load_manifest, DocumentReader, Shard and StagingDirectory.
TwinSet draw_twin(const TwinOptions& options);

// Nothing if the data have none. Errors: submission for a damaged or newer twin.json, and for the twin of other data.
std::optional<TwinSet> load_twin(const DataManifest& data);

}  // namespace pgolf
