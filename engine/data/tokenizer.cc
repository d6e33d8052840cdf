#include "engine/data/tokenizer.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <sentencepiece_processor.h>

#include <algorithm>
#include <bit>

#include "base/error.h"
#include "base/file.h"
#include "base/utf8.h"
#include "engine/data/caseops.h"

namespace pgolf {
namespace {

using google::protobuf::io::CodedInputStream;

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581

// Calls field(number, value, bytes) for each field of a serialized message: `value` for numbers, `bytes` for the rest.
// Returns false if the message is malformed. SentencePiece installs no header for its model's message, and the fields
// that matter here are few; numbers are those of sentencepiece_model.proto.
template <class Field>
bool for_each_field(std::string_view message, Field&& field) {
  CodedInputStream in(reinterpret_cast<const uint8_t*>(message.data()), static_cast<int>(message.size()));
  while (const uint32_t tag = in.ReadTag()) {
    uint64_t value = 0;
    uint32_t word = 0;
    std::string bytes;
    bool ok = false;
    switch (tag & 7) {
      case 0: ok = in.ReadVarint64(&value); break;
      case 1: ok = in.ReadLittleEndian64(&value); break;
      case 2: ok = in.ReadVarint32(&word) && in.ReadString(&bytes, static_cast<int>(word)); break;
      case 5: ok = in.ReadLittleEndian32(&word), value = word; break;
    }
    if (!ok) return false;
    field(tag >> 3, value, bytes);
  }
  return true;
}

// 0.999f as 0.999, not as 0.9990000128746033.
double shortest_double(float value) { return std::stod(fmt::format("{}", value)); }

TokenizerSettings read_settings(std::string_view model) {
  TokenizerSettings s;
  s.model_type = "unigram";
  s.character_coverage = 0.9995;
  for_each_field(model, [&s](uint32_t number, uint64_t, const std::string& part) {
    if (number == 2) {  // trainer_spec
      for_each_field(part, [&s](uint32_t field, uint64_t value, const std::string& bytes) {
        static constexpr const char* kTypes[] = {"?", "unigram", "bpe", "word", "char"};
        if (field == 3) s.model_type = kTypes[value < 5 ? value : 0];
        if (field == 10) s.character_coverage = shortest_double(std::bit_cast<float>(static_cast<uint32_t>(value)));
        if (field == 25) s.split_digits = value != 0;
        if (field == 31) s.user_defined_symbols.push_back(bytes);
        if (field == 35) s.byte_fallback = value != 0;
      });
    } else if (number == 3) {  // normalizer_spec
      for_each_field(part, [&s](uint32_t field, uint64_t value, const std::string& bytes) {
        if (field == 1) s.normalization_rule_name = bytes;
        if (field == 3) s.add_dummy_prefix = value != 0;
        if (field == 4) s.remove_extra_whitespaces = value != 0;
      });
    }
  });
  return s;
}

}  // namespace

struct Tokenizer::State {
  sentencepiece::SentencePieceProcessor processor;
  std::string model;
};

Tokenizer::Tokenizer() : state_(std::make_unique<State>()) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Tokenizer Tokenizer::load(const std::filesystem::path& path) {
  constexpr int64_t kMostBytes = 64 << 20;  // of 2^16 pieces, the most that a shard can name, a few MB
  return from_bytes(read_text(path, kMostBytes), path.string());
}

Tokenizer Tokenizer::from_bytes(std::string model, const std::string& origin) {
  // SentencePiece reports a model without pieces by ending the process, so that is looked at first.
  bool has_pieces = false;
  const bool readable = for_each_field(
      model, [&](uint32_t number, uint64_t, const std::string&) { has_pieces = has_pieces || number == 1; });
  Tokenizer out;
  auto& processor = out.state_->processor;
  if (!readable || !has_pieces || !processor.LoadFromSerializedProto(model).ok())
    fail(ErrorKind::submission, "{}: not a SentencePiece model", origin);
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    const PieceKind kind = processor.IsControl(id)   ? PieceKind::control
                           : processor.IsUnknown(id) ? PieceKind::unknown
                           : processor.IsUnused(id)  ? PieceKind::unused
                           : processor.IsByte(id)    ? PieceKind::byte
                                                     : PieceKind::text;
    out.pieces_.push_back({processor.IdToPiece(id), kind});
  }
  out.settings_ = read_settings(model);
  out.settings_.vocab_size = out.vocab_size();
  out.settings_.pad_id = processor.pad_id();
  out.settings_.bos_id = processor.bos_id();
  out.settings_.eos_id = processor.eos_id();
  out.settings_.unk_id = processor.unk_id();
  out.state_->model = std::move(model);
  return out;
}

const std::string& Tokenizer::model() const { return state_->model; }

bool Tokenizer::has_space_piece() const {
  return std::any_of(pieces_.begin(), pieces_.end(),
                     [](const Piece& p) { return p.kind == PieceKind::text && p.text == kSpace; });
}

bool Tokenizer::has_case_operators() const {
  for (const char32_t c : {kTitle, kAllCaps, kCapNext, kEscape}) {
    std::string symbol;
    append_utf8(symbol, c);
    const int id = state_->processor.PieceToId(symbol);
    if (pieces_[static_cast<size_t>(id)].text != symbol) return false;
  }
  return true;
}

std::vector<int32_t> Tokenizer::encode(std::string_view text) const {
  std::vector<int> ids;
  const auto status = state_->processor.Encode(text, &ids);
  if (!status.ok()) fail(ErrorKind::submission, "tokenizer: {}", status.ToString());
  return ids;
}

std::vector<TokenSpan> Tokenizer::encode_spans(std::string_view text) const {
  sentencepiece::ImmutableSentencePieceText parts;
  const auto status = state_->processor.Encode(text, parts.mutable_proto());
  if (!status.ok()) fail(ErrorKind::submission, "tokenizer: {}", status.ToString());
  std::vector<TokenSpan> out;
  out.reserve(parts.pieces_size());
  for (const auto& piece : parts.pieces())
    out.push_back({static_cast<int32_t>(piece.id()), piece.begin(), piece.end()});
  return out;
}

std::string Tokenizer::decode(std::span<const int32_t> ids) const {
  std::string text;
  const auto status = state_->processor.Decode(std::vector<int>(ids.begin(), ids.end()), &text);
  if (!status.ok()) fail(ErrorKind::submission, "tokenizer: {}", status.ToString());
  return text;
}

}  // namespace pgolf
