// `pgolf data verify`: proves from the files themselves what the manifest of a data directory claims.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/data/data_check.h"
#include "engine/data/manifest.h"
#include "engine/data/text_proof.h"

namespace pgolf {

struct VerifyReport {
  DataManifest manifest;
  std::vector<DataCheck> checks;
  int64_t train_documents = 0, train_tokens = 0, val_documents = 0, val_tokens = 0;  // recounted
  Overlap overlap;             // of training and validation, recounted
  int64_t val_duplicates = 0;  // validation documents that repeat an earlier one
  ByteAccount bytes;

  bool passed() const { return !has_failed(checks); }
};

enum class VerifyScope { everything, validation };  // validation: without training shards, which may be many gigabytes

// Damage that a user could cause is a failed check, never an exception, except for a manifest that cannot be read. What
// only the documents' text could prove is unknown without it. Errors: those of load_manifest; what `poll` throws.
VerifyReport verify_data(
    const std::filesystem::path& directory, VerifyScope scope = VerifyScope::everything,
    const std::function<void()>& poll = [] {});

}  // namespace pgolf
