#include <sentencepiece_trainer.h>

#include <exception>
#include <unordered_map>

#include "base/error.h"
#include "base/utf8.h"
#include "engine/data/caseops.h"
#include "engine/data/tokenizer.h"

namespace pgolf {
namespace {

constexpr size_t kMaxSentence = 4192;  // SentencePiece's default, in bytes

std::string_view trim(std::string_view text) {
  static constexpr std::string_view kBlank = " \t\n\r\f\v";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// Documents as sentences of at most kMaxSentence bytes. An exception must not travel through SentencePiece: it is kept
// and ends the iteration.
class Sentences : public sentencepiece::SentenceIterator {
 public:
  Sentences(const TokenizerTraining& training, const DocumentSource& documents)
      : training_(training), documents_(documents) {
    Next();
  }

  bool done() const override { return done_; }
  const std::string& value() const override { return sentence_; }
  sentencepiece::util::Status status() const override { return {}; }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

  void Next() override {
    try {
      while (rest_.empty() && !done_) read_document();
    } catch (...) {
      error_ = std::current_exception();
      done_ = true;
    }
    if (done_) return;
    size_t n = rest_.size();
    if (n > kMaxSentence) {
      n = rest_.rfind(' ', kMaxSentence);
      if (n == 0 || n == std::string_view::npos) n = character_start(kMaxSentence);
    }
    sentence_ = rest_.substr(0, n);
    rest_ = trim(rest_.substr(n));
  }

 private:
  void read_document() {
    auto text = used_bytes_ < training_.max_text_bytes ? documents_() : std::nullopt;
    if (!text) {
      done_ = true;
      return;
    }
    used_bytes_ += static_cast<int64_t>(text->size());
    for (char& c : *text)
      if (c == '\0') c = ' ';
    document_ = training_.caseops ? caseops_encode(*text) : std::move(*text);
    rest_ = trim(document_);
  }

  size_t character_start(size_t at) const {
    while (at > 1 && (static_cast<uint8_t>(rest_[at]) & 0xC0) == 0x80) --at;
    return at;
  }

  const TokenizerTraining& training_;
  const DocumentSource& documents_;
  std::string document_, sentence_;
  std::string_view rest_;  // of document_
  int64_t used_bytes_ = 0;
  bool done_ = false;
  std::exception_ptr error_;
};

// data/download_hf_docs_and_tokenize.py of the challenge. minloglevel is no setting of the model.
std::unordered_map<std::string, std::string> trainer_settings(const TokenizerTraining& training) {
  std::unordered_map<std::string, std::string> settings = {
      {"model_type", "bpe"},
      {"vocab_size", std::to_string(training.vocab_size)},
      {"character_coverage", "0.999"},
      {"byte_fallback", "true"},
      {"split_digits", "true"},
      {"normalization_rule_name", "nmt_nfkc"},
      {"add_dummy_prefix", "false"},
      {"pad_id", "0"},
      {"bos_id", "1"},
      {"eos_id", "2"},
      {"unk_id", "3"},
      {"hard_vocab_limit", "false"},
      {"minloglevel", "3"},
  };
  if (training.caseops) {
    std::string& symbols = settings["user_defined_symbols"];
    for (const char32_t c : {kTitle, kAllCaps, kCapNext, kEscape}) {
      if (!symbols.empty()) symbols += ',';
      append_utf8(symbols, c);
    }
  }
  return settings;
}

// SentencePiece says "... smaller than required_chars. 300 vs 332. ..." where the second number is what it needs.
[[noreturn]] void fail_training(const TokenizerTraining& training, std::string_view message) {
  const size_t versus = message.find(" vs ");
  if (message.find("required_chars") != std::string_view::npos && versus != std::string_view::npos)
    fail(ErrorKind::usage, "tokenizer: a vocabulary of {} is too small; this text's characters alone need {}",
         training.vocab_size, std::stoll(std::string(message.substr(versus + 4))));
  fail(ErrorKind::usage, "tokenizer: training a vocabulary of {} failed: {}", training.vocab_size, message);
}

}  // namespace

Tokenizer train_tokenizer(const TokenizerTraining& training, const DocumentSource& documents) {
  const int64_t reserved = 4 + 256 + (training.caseops ? 4 : 0);  // control pieces, bytes, operators
  if (training.vocab_size <= reserved || training.vocab_size > 65536)
    fail(ErrorKind::usage, "tokenizer: a vocabulary of {} is impossible; choose one above {} and at most 65536",
         training.vocab_size, reserved);
  Sentences sentences(training, documents);
  sentences.rethrow();
  if (sentences.done()) fail(ErrorKind::usage, "tokenizer: there is no text to train on");
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(trainer_settings(training), &sentences, &model);
  sentences.rethrow();
  if (!status.ok()) fail_training(training, status.message());
  Tokenizer tokenizer = Tokenizer::from_bytes(std::move(model), "trained tokenizer");
  if (tokenizer.vocab_size() != training.vocab_size)
    fail(ErrorKind::usage, "tokenizer: the text supports {} pieces, not {}; ask for at most {} or give more text",
         tokenizer.vocab_size(), training.vocab_size, tokenizer.vocab_size());
  return tokenizer;
}

}  // namespace pgolf
