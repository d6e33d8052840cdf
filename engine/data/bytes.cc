#include "engine/data/bytes.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/utf8.h"
#include "engine/data/caseops.h"
#include "engine/data/shard.h"

namespace pgolf {
namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581

// Counts bytes of the original text in pieces of encoded text; an ESC waits for its character across pieces.
class OriginalBytes {
 public:
  int64_t count(std::string_view encoded) {
    int64_t bytes = 0;
    for (size_t at = 0; at < encoded.size();) {
      const size_t begin = at;
      const char32_t c = next_code_point(encoded, at);
      if (!escaped_ && c == kEscape) {
        escaped_ = true;
        continue;
      }
      if (escaped_ || !is_case_operator(c)) bytes += static_cast<int64_t>(at - begin);
      escaped_ = false;
    }
    return bytes;
  }

 private:
  bool escaped_ = false;
};

}  // namespace

ByteTables byte_tables(const Tokenizer& tokenizer, bool caseops, int64_t vocab_size) {
  if (!tokenizer.has_space_piece())
    fail(ErrorKind::submission,
         "tokenizer: the space U+2581 is no piece of its own, so bytes would be counted wrongly; use another model");
  const auto size = static_cast<size_t>(std::max<int64_t>(vocab_size, tokenizer.vocab_size()));
  ByteTables tables{std::vector<int16_t>(size, 0), std::vector<uint8_t>(size, 0), std::vector<uint8_t>(size, 1)};
  for (size_t id = 0; id < tokenizer.pieces().size(); ++id) {
    const Piece& piece = tokenizer.pieces()[id];
    if (piece.kind != PieceKind::text && piece.kind != PieceKind::byte) continue;
    tables.boundary[id] = 0;
    if (piece.kind == PieceKind::byte) {
      tables.base[id] = 1;
      continue;
    }
    std::string_view text = piece.text;
    if (text.starts_with(kSpace)) {
      tables.leading_space[id] = 1;
      text.remove_prefix(kSpace.size());
    }
    tables.base[id] = static_cast<int16_t>(caseops ? original_length(text) : static_cast<int64_t>(text.size()));
  }
  return tables;
}

std::vector<uint16_t> original_bytes(std::string_view encoded_text, std::span<const TokenSpan> spans) {
  std::vector<uint16_t> out;
  out.reserve(spans.size());
  OriginalBytes counter;
  for (const TokenSpan& span : spans) {
    const int64_t bytes = counter.count(encoded_text.substr(span.begin, span.end - span.begin));
    if (bytes > 65535)
      fail(ErrorKind::submission, "byte sidecar: one token stands for {} bytes, the format holds 65535", bytes);
    out.push_back(static_cast<uint16_t>(bytes));
  }
  return out;
}

int64_t original_length(std::string_view encoded_text) { return OriginalBytes().count(encoded_text); }

ValidationData load_validation(const std::filesystem::path& directory, int64_t vocab_size, const ByteTables* tables) {
  ValidationData out;
  const auto paths = list_shards(directory, ShardKind::val);
  const auto sidecars =
      tables == nullptr ? list_shards(directory, ShardKind::val_bytes) : std::vector<std::filesystem::path>{};
  if (tables == nullptr && sidecars.size() != paths.size())
    fail(ErrorKind::submission, "{}: {} validation shards but {} byte sidecars", directory.string(), paths.size(),
         sidecars.size());
  for (size_t i = 0; i < paths.size(); ++i) {
    const Shard shard = Shard::open(paths[i]);
    check_token_range(shard, vocab_size);
    out.tokens.insert(out.tokens.end(), shard.tokens().begin(), shard.tokens().end());
    if (tables != nullptr) continue;
    const Shard sidecar = Shard::open(sidecars[i]);
    if (sidecar.size() != shard.size())
      fail(ErrorKind::submission, "{}: {} entries for the {} tokens of {}", sidecars[i].string(), sidecar.size(),
           shard.size(), paths[i].string());
    out.target_bytes.insert(out.target_bytes.end(), sidecar.tokens().begin(), sidecar.tokens().end());
  }
  if (out.tokens.size() < 2)
    fail(ErrorKind::submission, "{}: the validation shards hold no target", directory.string());
  if (tables != nullptr) {
    out.target_bytes.resize(out.tokens.size());
    for (size_t i = 1; i < out.tokens.size(); ++i)
      out.target_bytes[i] = static_cast<uint16_t>(tables->bytes(out.tokens[i - 1], out.tokens[i]));
  }
  out.target_bytes[0] = 0;
  return out;
}

std::vector<RowBytes> count_bytes(const std::vector<Shard>& shards, const std::vector<Shard>& sidecars,
                                  const ByteTables& tables, int32_t bos_id, std::span<const int64_t> rows) {
  int64_t total = 0;
  for (const Shard& shard : shards) total += shard.size();
  std::vector<RowBytes> out;
  for (const int64_t row : rows) out.push_back({row, whole_row_targets(std::max<int64_t>(total, 1), row), 0, 0});
  int64_t at = 0, table = 0, sidecar = 0;  // at: the token, which is target at - 1
  int32_t previous = bos_id;
  for (size_t s = 0; s < shards.size(); ++s)
    for (int64_t i = 0; i < shards[s].size(); ++i, ++at) {
      const uint16_t token = shards[s].tokens()[static_cast<size_t>(i)];
      const uint16_t bytes = sidecars.empty() ? uint16_t{0} : sidecars[s].tokens()[static_cast<size_t>(i)];
      if (token == bos_id && bytes != 0)
        fail(ErrorKind::submission, "{}: it gives the BOS at position {} {} bytes; it is no sidecar of these shards",
             sidecars[s].path().string(), i, bytes);
      if (at > 0) table += tables.bytes(previous, token), sidecar += bytes;
      previous = token;
      for (RowBytes& row : out)
        if (row.targets == at) row.table = table, row.sidecar = sidecar;
    }
  return out;
}

Score val_score(double nll_sum, int64_t targets, int64_t bytes) {
  check(targets > 0 && bytes > 0, "val_score: {} targets, {} bytes", targets, bytes);
  const double val_loss = nll_sum / static_cast<double>(targets);
  return {val_loss, val_loss / std::numbers::ln2 * (static_cast<double>(targets) / static_cast<double>(bytes))};
}

}  // namespace pgolf
