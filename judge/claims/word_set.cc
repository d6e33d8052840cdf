#include "judge/claims/word_set.h"

#include <bit>

#include "base/error.h"

namespace pgolf {
namespace {

unsigned char byte_of(char c) { return static_cast<unsigned char>(c); }

}  // namespace

WordSet::WordSet(std::span<const std::string_view> words, bool any_case) : words_(words.begin(), words.end()) {
  check(words.size() <= 64, "WordSet: {} words", words.size());
  for (size_t c = 0; c < folded_.size(); ++c)
    folded_[c] = static_cast<unsigned char>(any_case && c >= 'A' && c <= 'Z' ? c + 32 : c);
  for (size_t i = 0; i < words_.size(); ++i) {
    check(words_[i].size() >= 2, "WordSet: '{}' is too short", words_[i]);
    first_[byte_of(words_[i][0])] |= uint64_t{1} << i;
    second_[byte_of(words_[i][1])] |= uint64_t{1} << i;
  }
}

bool WordSet::occurs_in(std::string_view line) const {
  for (size_t at = 0; at + 1 < line.size(); ++at) {
    const uint64_t candidates = first_[folded_[byte_of(line[at])]] & second_[folded_[byte_of(line[at + 1])]];
    if (candidates != 0 && stands_at(line.substr(at), candidates)) return true;
  }
  return false;
}

bool WordSet::stands_at(std::string_view rest, uint64_t candidates) const {
  for (; candidates != 0; candidates &= candidates - 1) {
    const std::string_view word = words_[static_cast<size_t>(std::countr_zero(candidates))];
    size_t same = 2;
    while (same < word.size() && same < rest.size() && folded_[byte_of(rest[same])] == byte_of(word[same])) ++same;
    if (same == word.size()) return true;
  }
  return false;
}

}  // namespace pgolf
