// Which of several words occur in a line, found in one pass over it: a filter before closer looks.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pgolf {

class WordSet {
 public:
  // At most 64 words of two bytes or more, in lower case if case does not matter.
  WordSet(std::span<const std::string_view> words, bool any_case);
  bool occurs_in(std::string_view line) const;

 private:
  bool stands_at(std::string_view rest, uint64_t candidates) const;

  std::vector<std::string_view> words_;
  std::array<unsigned char, 256> folded_{};
  std::array<uint64_t, 256> first_{}, second_{};  // by byte: the words that have it there
};

}  // namespace pgolf
