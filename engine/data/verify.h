// `pgolf data verify`: proves from the files themselves what the manifest of a prepared data directory claims.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/data/manifest.h"

namespace pgolf {

struct VerifyCheck {
  std::string name;  // "train.shards", "disjoint", ...
  bool passed = false;
  std::string detail;  // what was found; of a failure, the first thing that is wrong
};

// How the validation text's bytes become the denominator of bits per byte.
struct ByteAccount {
  int64_t documents = 0;
  int64_t text_bytes = 0;        // UTF-8 length of the raw documents
  int64_t outer_bytes = 0;       // blanks at the ends of documents, which no token stands for
  int64_t normalised_bytes = 0;  // UTF-8 length of what the tokens spell
  int64_t uncounted_bytes =
      0;  // of these, what the tables miss by their definition: a space behind BOS, escaped operators
  int64_t documents_changed = 0;  // whose length normalisation changed, ends included
  int64_t table_bytes = 0;        // the byte tables over the shards
  int64_t sidecar_bytes = 0;      // the sidecar over the shards; 0 without CaseOps
};

struct VerifyReport {
  DataManifest manifest;
  std::vector<VerifyCheck> checks;
  int64_t train_documents = 0, train_tokens = 0, val_documents = 0, val_tokens = 0;  // recounted
  int64_t train_val_duplicates = 0;  // training documents whose tokens are those of a validation document
  int64_t val_duplicates = 0;        // validation documents that repeat an earlier one
  ByteAccount bytes;

  bool passed() const;
};

enum class VerifyScope { everything, validation };  // validation: without training shards, which may be many gigabytes

// Damage that a user could cause is a failed check, never an exception, except for a manifest that cannot be read.
// Errors: those of load_manifest.
VerifyReport verify_data(const std::filesystem::path& directory, VerifyScope scope = VerifyScope::everything);

}  // namespace pgolf
