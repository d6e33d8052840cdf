// The validation stream as evaluation sees it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/config/config.h"
#include "engine/evidence/events.h"

namespace pgolf {

// n targets: target i is tokens[i+1], worth target_bytes[i] bytes of the original text.
struct ValSet {
  std::vector<uint16_t> tokens;        // [n + 1]
  std::vector<uint16_t> target_bytes;  // [n]
  int64_t num_targets() const { return static_cast<int64_t>(target_bytes.size()); }
};

// Reads the validation shards of prepared data, cut to whole rows of eval.seq_len: floor((N-1)/W) W + 1 tokens, as all five
// submissions do. Errors: those of engine/data, and submission if nothing is left or a token is outside the vocabulary.
ValSet load_val_set(const std::filesystem::path& data_dir, const Config& config, EventLog& events);

}  // namespace pgolf
