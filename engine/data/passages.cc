#include "engine/data/passages.h"

#include <charconv>

namespace pgolf {
namespace {

// Signs of three bytes that are not letters: general punctuation (U+2000 to U+203F: dashes, quotes, dots), and what
// tokenizers put in: the space U+2581 and the operators of CaseOps, U+E001 to U+E004.
bool is_sign(std::string_view character) {
  return character.size() == 3 && (character == "\u2581" || (character >= "\u2000" && character <= "\u203f") ||
                                   (character >= "\uE001" && character <= "\uE004"));
}

// ASCII letters in lower case, digits, and what other scripts have but signs. Capitals and accents of others stay.
std::string letters_of(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (is_sign(text.substr(i, 3))) {
      i += 2;
    } else if (byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9')) {
      out += text[i];
    } else if (byte >= 'A' && byte <= 'Z') {
      out += static_cast<char>(byte - 'A' + 'a');
    }
  }
  return out;
}

// "<0x41>": the byte itself.
std::string letters_of_byte(std::string_view piece) {
  unsigned byte = 0;
  if (piece.size() == 6) std::from_chars(piece.data() + 3, piece.data() + 5, byte, 16);
  return letters_of(std::string(1, static_cast<char>(byte)));
}

}  // namespace

Passages::Passages(const Tokenizer& tokenizer) {
  for (const Piece& piece : tokenizer.pieces()) {
    std::string letters;
    if (piece.kind == PieceKind::text) letters = letters_of(piece.text);
    if (piece.kind == PieceKind::byte) letters = letters_of_byte(piece.text);
    letters_.push_back(std::move(letters));
  }
}

}  // namespace pgolf
