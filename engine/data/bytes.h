// How many bytes of text a validation target stands for: the denominator of bits per byte.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "engine/data/shard.h"
#include "engine/data/tokenizer.h"

namespace pgolf {

// Bytes of target y after token x: base[y] + (leading_space[y] && !boundary[x]).
//
// Control, unknown and unused ids: base 0, boundary. Byte pieces: 1. Others: their UTF-8 length without one leading
// U+2581, which sets leading_space. With CaseOps, operators are 0 bytes, also where ESC makes one a character (a table
// cannot know). (build_sentencepiece_luts of the submissions; CaseOps: PR 2143)
struct ByteTables {
  std::vector<int16_t> base;                     // [V]
  std::vector<uint8_t> leading_space, boundary;  // [V], 0 or 1

  int64_t bytes(int32_t previous, int32_t target) const {
    const auto x = static_cast<size_t>(previous), y = static_cast<size_t>(target);
    return base[y] + (leading_space[y] != 0 && boundary[x] == 0 ? 1 : 0);
  }
};

// `vocab_size` is the model's; ids beyond the tokenizer's are unused. Errors: submission for a tokenizer without a
// piece for the space, whose counts would be wrong (three bytes a space).
ByteTables byte_tables(const Tokenizer& tokenizer, bool caseops, int64_t vocab_size);

// The sidecar's entries for one document: per token the bytes of the original text under its span; operators have 0.
// (PR 2097)
std::vector<uint16_t> original_bytes(std::string_view encoded_text, std::span<const TokenSpan> spans);

// Bytes of the original text behind CaseOps-encoded text: all but operators, and operators that are escaped.
int64_t original_length(std::string_view encoded_text);

// The validation stream as an evaluation reads it: token i as a target stands for target_bytes[i] bytes.
struct ValidationData {
  std::vector<int32_t> tokens;         // [N]
  std::vector<uint16_t> target_bytes;  // [N], [0] is 0: the first token is never a target
};

// All validation shards of `directory`, concatenated; `tables` null takes the bytes from the sidecar.
// Errors: those of Shard; submission for a token beyond `vocab_size` or a sidecar that does not fit its shard.
ValidationData load_validation(const std::filesystem::path& directory, int64_t vocab_size, const ByteTables* tables);

// What the bytes of a validation stream add up to, over the targets of its whole rows of `row` tokens; 1: all of them.
struct RowBytes {
  int64_t row = 1, targets = 0;
  int64_t table = 0;    // by the byte tables
  int64_t sidecar = 0;  // by the sidecar; 0 without one
};
// One RowBytes for each of `rows`, in one pass that holds nothing. `sidecars` may be empty, else it pairs with
// `shards`. Errors: submission for a sidecar that gives a BOS bytes.
std::vector<RowBytes> count_bytes(const std::vector<Shard>& shards, const std::vector<Shard>& sidecars,
                                  const ByteTables& tables, int32_t bos_id, std::span<const int64_t> rows);

// Number of targets when only whole rows of `seq_len` are scored.
inline int64_t whole_row_targets(int64_t tokens, int64_t seq_len) { return (tokens - 1) / seq_len * seq_len; }

struct Score {
  double val_loss;  // nats per target
  double val_bpb;   // bits per byte
};
Score val_score(double nll_sum, int64_t targets, int64_t bytes);

}  // namespace pgolf
