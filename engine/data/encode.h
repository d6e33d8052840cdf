// Documents to tokens, the same way for preparing and for verifying.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/bytes.h"
#include "engine/data/tokenizer.h"
#include "engine/data/word_encoder.h"

namespace pgolf {

struct EncodedDocument {
  std::vector<uint16_t> tokens;          // BOS, then the pieces
  std::vector<uint16_t> original_bytes;  // by token, BOS 0; only with CaseOps
  int64_t text_bytes = 0;                // UTF-8 length of the document
  int64_t normalised_bytes = 0;          // of the text that the tokens spell, operators left out
  int64_t uncounted_bytes = 0;           // of these, what the tables miss: a space behind BOS, escaped operators
  int64_t outer_bytes = 0;               // of the document before its first and behind its last token: dropped blanks
  std::string hash;                      // SHA-256 of the tokens: equal normalised texts are equal documents
};

class DocumentEncoder {
 public:
  // Borrows `tokenizer`. Errors: submission for a tokenizer that cannot be used: more pieces than a shard can hold, no
  // BOS, no piece for the space, or, with CaseOps, none for an operator.
  DocumentEncoder(const Tokenizer& tokenizer, bool caseops);

  const ByteTables& tables() const { return tables_; }
  int32_t bos_id() const { return tokenizer_.settings().bos_id; }

  // In the order of `texts`, several at once. `account` also fills what is neither tokens nor hash, which takes
  // SentencePiece's own, slower way through the text. A text that the normaliser empties has only its BOS.
  // Errors: submission.
  std::vector<EncodedDocument> encode(const std::vector<std::string>& texts, bool account) const;

 private:
  // `words` null: with account. `input` is the text as the tokenizer gets it.
  EncodedDocument encode_one(std::string_view text, WordEncoder* words) const;
  void encode_with_account(std::string_view text, std::string_view input, EncodedDocument& out) const;
  std::unique_ptr<WordEncoder> borrow_words() const;

  const Tokenizer& tokenizer_;
  bool caseops_;
  ByteTables tables_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<WordEncoder>> idle_words_;  // one for each thread that was ever at work
};

}  // namespace pgolf
