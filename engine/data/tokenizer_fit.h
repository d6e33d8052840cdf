// Whether shards look like a tokenizer's own work, asked without their text.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/shard.h"
#include "engine/data/tokenizer.h"

namespace pgolf {

struct TokenizerFit {
  int64_t documents = 0;  // looked at
  int64_t equal = 0;      // of these, whose ids decode to a text that encodes to the same ids
};

// Looks at the first documents of the first shard. Byte-pair ids of real text are what encoding their own text gives;
// ids of another model, or drawn at random, are not, however small they are.
TokenizerFit tokenizer_fit(const Tokenizer& tokenizer, const std::vector<Shard>& shards);

}  // namespace pgolf
