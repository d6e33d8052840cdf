// The challenge's tokenizers: SentencePiece BPE models with byte fallback.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

enum class PieceKind { text, byte, control, unknown, unused };

struct Piece {
  std::string text;  // a space is U+2581; a byte piece is "<0x41>"
  PieceKind kind;
};

// What the model file says about itself; names of SentencePiece's trainer and normalizer specifications.
struct TokenizerSettings {
  std::string model_type;
  int64_t vocab_size = 0;
  double character_coverage = 0;
  bool byte_fallback = false, split_digits = false;
  std::vector<std::string> user_defined_symbols;
  int32_t pad_id = -1, bos_id = 1, eos_id = 2, unk_id = 0;
  std::string normalization_rule_name;
  bool add_dummy_prefix = true, remove_extra_whitespaces = true;
};

// A token and the bytes [begin, end) of the text that it stands for. Spans of a text are in order and do not overlap;
// of the byte pieces that spell one character, the last has the character's bytes and the others none.
struct TokenSpan {
  int32_t id;
  uint32_t begin, end;
};

class Tokenizer {
 public:
  // Errors: not_found for a missing file; submission for a file that is no SentencePiece model.
  static Tokenizer load(const std::filesystem::path& path);
  static Tokenizer from_bytes(std::string model, const std::string& origin);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  const std::string& model() const;  // the model file's bytes
  int32_t vocab_size() const { return static_cast<int32_t>(pieces_.size()); }
  const std::vector<Piece>& pieces() const { return pieces_; }  // by id
  const TokenizerSettings& settings() const { return settings_; }
  // Whether U+2581 is a piece of its own. Without it a space falls back to three bytes and is counted as three.
  bool has_space_piece() const;
  // Whether each CaseOps operator is a piece of its own.
  bool has_case_operators() const;

  // Safe to call from several threads. Texts are UTF-8; no BOS is added. Errors: submission.
  std::vector<int32_t> encode(std::string_view text) const;
  std::vector<TokenSpan> encode_spans(std::string_view text) const;
  std::string decode(std::span<const int32_t> ids) const;  // the normalised text

 private:
  Tokenizer();

  struct State;
  std::unique_ptr<State> state_;
  std::vector<Piece> pieces_;
  TokenizerSettings settings_;
};

// Yields one document after another, then nothing.
using DocumentSource = std::function<std::optional<std::string>()>;

struct TokenizerTraining {
  int64_t vocab_size = 1024;
  bool caseops = false;  // documents are encoded first, and the operators become user-defined symbols
  // SentencePiece keeps its text in memory, so only the first documents up to this many bytes are used.
  int64_t max_text_bytes = 200'000'000;
};

// Trains with the challenge's settings; equal documents give equal models. Documents longer than SentencePiece's
// sentence limit (4192 bytes) are cut at spaces, where the challenge's script left them out. Errors: usage, saying
// which vocabulary sizes the text supports; whatever `documents` throws.
Tokenizer train_tokenizer(const TokenizerTraining& training, const DocumentSource& documents);

}  // namespace pgolf
