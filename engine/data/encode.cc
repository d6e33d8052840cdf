#include "engine/data/encode.h"

#include "base/error.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "engine/core/parallel.h"
#include "engine/data/caseops.h"
#include "engine/data/shard.h"

namespace pgolf {
namespace {

const Tokenizer& usable(const Tokenizer& tokenizer, bool caseops) {
  if (tokenizer.vocab_size() > kMaxVocabSize)
    fail(ErrorKind::submission, "tokenizer: {} pieces, but token ids in shards go up to {}", tokenizer.vocab_size(),
         kMaxVocabSize - 1);
  const int32_t bos = tokenizer.settings().bos_id;
  if (bos < 0) fail(ErrorKind::submission, "tokenizer: it has no BOS piece, which starts every document");
  if (caseops && !tokenizer.has_case_operators())
    fail(ErrorKind::submission,
         "tokenizer: it has no pieces for the CaseOps operators U+E001..U+E004; use a CaseOps model");
  return tokenizer;
}

// Bytes of escaped operators. They are pieces of their own, which the tables take for operators: 0 bytes.
int64_t escaped_bytes(std::string_view encoded_text) {
  int64_t bytes = 0;
  for (size_t at = 0; at < encoded_text.size();) {
    if (next_code_point(encoded_text, at) != kEscape || at == encoded_text.size()) continue;
    const size_t begin = at;
    next_code_point(encoded_text, at);
    bytes += static_cast<int64_t>(at - begin);
  }
  return bytes;
}

}  // namespace

DocumentEncoder::DocumentEncoder(const Tokenizer& tokenizer, bool caseops)
    : tokenizer_(usable(tokenizer, caseops)),
      caseops_(caseops),
      tables_(byte_tables(tokenizer, caseops, tokenizer.vocab_size())) {}

std::vector<EncodedDocument> DocumentEncoder::encode(const std::vector<std::string>& texts, bool account) const {
  std::vector<EncodedDocument> out(texts.size());
  parallel_for(static_cast<int64_t>(texts.size()), 4, [&](int64_t begin, int64_t end) {
    auto words = borrow_words();
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
      out[i] = encode_one(texts[i], account ? nullptr : words.get());
    const std::lock_guard lock(mutex_);
    idle_words_.push_back(std::move(words));
  });
  return out;
}

std::unique_ptr<WordEncoder> DocumentEncoder::borrow_words() const {
  const std::lock_guard lock(mutex_);
  if (idle_words_.empty()) return std::make_unique<WordEncoder>(tokenizer_);
  auto words = std::move(idle_words_.back());
  idle_words_.pop_back();
  return words;
}

EncodedDocument DocumentEncoder::encode_one(std::string_view text, WordEncoder* words) const {
  EncodedDocument out;
  const std::string transformed = caseops_ ? caseops_encode(text) : std::string();
  const std::string_view input = caseops_ ? std::string_view(transformed) : text;
  out.tokens.push_back(static_cast<uint16_t>(bos_id()));
  if (words != nullptr) {
    const auto ids = words->encode(input);
    out.tokens.insert(out.tokens.end(), ids.begin(), ids.end());
  } else {
    encode_with_account(text, input, out);
  }
  out.hash = sha256_hex(std::as_bytes(std::span(out.tokens)));
  return out;
}

void DocumentEncoder::encode_with_account(std::string_view text, std::string_view input, EncodedDocument& out) const {
  const auto spans = tokenizer_.encode_spans(input);
  std::vector<int32_t> ids;
  for (const TokenSpan& span : spans) ids.push_back(span.id);
  out.tokens.insert(out.tokens.end(), ids.begin(), ids.end());
  if (caseops_) {
    out.original_bytes = original_bytes(input, spans);
    out.original_bytes.insert(out.original_bytes.begin(), 0);
  }
  const std::string normalised = tokenizer_.decode(ids);
  out.text_bytes = static_cast<int64_t>(text.size());
  out.normalised_bytes = caseops_ ? original_length(normalised) : static_cast<int64_t>(normalised.size());
  const bool spaced = !ids.empty() && tables_.leading_space[static_cast<size_t>(ids.front())] != 0;
  out.uncounted_bytes = (spaced && normalised.starts_with(' ') ? 1 : 0) + (caseops_ ? escaped_bytes(normalised) : 0);
  const size_t covered_end = spans.empty() ? 0 : spans.back().end;
  out.outer_bytes = static_cast<int64_t>((spans.empty() ? 0 : spans.front().begin) + input.size() - covered_end);
}

}  // namespace pgolf
