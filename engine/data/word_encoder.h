// Tokenizer::encode, word by word with a memory of the words seen: the same ids, many times faster on prose.
//
// No piece of the challenge's models has a space inside, so merges never cross from one word to the next and a word's
// ids depend on the word alone. Words of printable ASCII (and CaseOps operators) are remembered; stretches of anything
// else, which normalisation may change, go to SentencePiece as they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/data/tokenizer.h"

namespace pgolf {

class WordEncoder {
 public:
  explicit WordEncoder(const Tokenizer& tokenizer);  // borrowed

  // Equal to tokenizer.encode(text). Not for several threads at once.
  std::vector<int32_t> encode(std::string_view text);

  // Whether words of this tokenizer can be taken apart; if not, encode() hands every text to the tokenizer.
  bool by_word() const { return by_word_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  void append_stretch(std::string_view text, std::vector<int32_t>& out) const;
  void append_word(std::string_view word, std::vector<int32_t>& out);

  const Tokenizer& tokenizer_;
  bool by_word_;
  std::unordered_map<std::string, std::vector<int32_t>, Hash, std::equal_to<>> words_;  // ids of " word"
};

}  // namespace pgolf
