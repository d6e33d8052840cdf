#include "engine/data/word_encoder.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "engine/data/caseops.h"

namespace pgolf {
namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81";      // U+2581
constexpr std::string_view kOperatorStart = "\xEE\x80";  // U+E001..U+E004 are this and 0x81..0x84
constexpr size_t kMaxWords = 1 << 18;                    // memory stays below some 30 MB
constexpr size_t kMaxWordBytes = 64;

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// Whether normalisation leaves every character of `word` alone: printable ASCII and operators (keeps_plain_text asks
// the model).
bool is_plain(std::string_view word) {
  for (size_t i = 0; i < word.size(); ++i) {
    if (word[i] > ' ' && word[i] < '\x7F') continue;
    const bool is_operator = word.substr(i).starts_with(kOperatorStart) && i + 2 < word.size() &&
                             word[i + 2] >= '\x81' && word[i + 2] <= '\x84';
    if (!is_operator) return false;
    i += 2;
  }
  return true;
}

// Asks the model itself, since names of normalisation rules promise nothing.
bool keeps_plain_text(const Tokenizer& tokenizer) {
  std::string plain;
  for (char c = '!'; c <= '~'; ++c) plain += c;
  for (char32_t c = kTitle; c <= kEscape; ++c) append_utf8(plain, c);
  return tokenizer.decode(tokenizer.encode(plain + "\n\t" + plain + "\r " + plain + ' ')) ==
             plain + ' ' + plain + ' ' + plain &&
         tokenizer.encode("a").size() == 1;
}

bool has_space_inside_piece(const Tokenizer& tokenizer) {
  return std::any_of(tokenizer.pieces().begin(), tokenizer.pieces().end(),
                     [](const Piece& piece) { return piece.text.find(kSpace, 1) != std::string::npos; });
}

}  // namespace

WordEncoder::WordEncoder(const Tokenizer& tokenizer)
    : tokenizer_(tokenizer),
      by_word_(tokenizer.settings().model_type == "bpe" && tokenizer.settings().remove_extra_whitespaces &&
               !tokenizer.settings().add_dummy_prefix && !has_space_inside_piece(tokenizer) &&
               keeps_plain_text(tokenizer)) {}

std::vector<int32_t> WordEncoder::encode(std::string_view text) {
  // SentencePiece takes a literal U+2581 for a space in some places and not in others.
  if (!by_word_ || text.find(kSpace) != std::string_view::npos) return tokenizer_.encode(text);
  std::vector<int32_t> out;
  out.reserve(text.size() / 2);
  std::string_view stretch;  // consecutive words that are not plain, with the blanks between them
  for (size_t at = 0; at < text.size();) {
    const size_t begin = std::find_if_not(text.begin() + at, text.end(), is_blank) - text.begin();
    const size_t end = std::find_if(text.begin() + begin, text.end(), is_blank) - text.begin();
    const std::string_view word = text.substr(begin, end - begin);
    at = end;
    if (word.empty()) break;
    if (!is_plain(word)) {
      const char* first = stretch.empty() ? word.data() : stretch.data();
      stretch = {first, static_cast<size_t>(word.data() + word.size() - first)};
      continue;
    }
    if (!stretch.empty()) append_stretch(std::exchange(stretch, {}), out);
    append_word(word, out);
  }
  if (!stretch.empty()) append_stretch(stretch, out);
  return out;
}

// Behind other text a stretch starts with a space, which SentencePiece keeps only if something stands before it.
void WordEncoder::append_stretch(std::string_view text, std::vector<int32_t>& out) const {
  const bool first = out.empty();
  const auto ids = first ? tokenizer_.encode(text) : tokenizer_.encode("a " + std::string(text));
  out.insert(out.end(), ids.begin() + (first ? 0 : 1), ids.end());
}

void WordEncoder::append_word(std::string_view word, std::vector<int32_t>& out) {
  if (out.empty() || word.size() > kMaxWordBytes) return append_stretch(word, out);
  auto found = words_.find(word);
  if (found == words_.end()) {
    const size_t before = out.size();
    append_stretch(word, out);
    if (words_.size() < kMaxWords) words_.emplace(word, std::vector<int32_t>(out.begin() + before, out.end()));
    return;
  }
  out.insert(out.end(), found->second.begin(), found->second.end());
}

}  // namespace pgolf
