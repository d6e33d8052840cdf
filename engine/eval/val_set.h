// The validation stream as evaluation sees it.
#pragma once

#include <filesystem>

#include "engine/config/config.h"
#include "engine/data/bytes.h"
#include "engine/data/shard_memory.h"
#include "engine/evidence/events.h"

namespace pgolf {

// n targets: target i is token i+1 and stands for bytes(i) bytes of the original text.
class ValSet {
 public:
  // Cut to whole rows of `row` tokens: floor((N-1)/row) row + 1 tokens, as all five submissions do. Errors: submission
  // if nothing is left.
  ValSet(ValidationData data, int64_t row);

  int64_t num_targets() const { return num_targets_; }
  const int32_t* inputs(int64_t target) const { return data_.tokens.data() + target; }
  const int32_t* targets(int64_t target) const { return data_.tokens.data() + target + 1; }
  int64_t bytes(int64_t target) const { return data_.target_bytes[static_cast<size_t>(target + 1)]; }

 private:
  ValidationData data_;
  int64_t num_targets_;
};

// Reads prepared data: data_dir/val and the tokenizer. Records what was opened; `known` need not be hashed for that.
// Errors: those of engine/data.
ValSet load_val_set(const std::filesystem::path& data_dir, const Config& config, const ShardMemory& known,
                    EventLog& events);

}  // namespace pgolf
