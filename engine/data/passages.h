// Passages of documents, to be found again in other documents that were changed a little: stretches of 64 letters and
// digits, in lower case, whatever stands between them. One in 32 is taken, by its own hash, so that equal text gives
// equal passages wherever it lies and however it was cut into tokens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/document_set.h"
#include "engine/data/tokenizer.h"

namespace pgolf {

// Numbers of 64 bits that passages are hashed with: odd, from the golden ratio.
inline constexpr uint64_t kPassageBase = 0x9e3779b97f4a7c15;
constexpr uint64_t passage_power(size_t n) { return n == 0 ? 1 : kPassageBase * passage_power(n - 1); }

class Passages {
 public:
  static constexpr size_t kLength = 64;  // characters that count; about a dozen words
  static constexpr uint64_t kOneIn = 32;

  explicit Passages(const Tokenizer& tokenizer);

  // Calls passage(hash) for each one that is taken, in order, repeated ones again.
  template <class Take>
  void each(DocumentPieces document, const Take& take) const {
    uint64_t hash = 0, seen = 0;
    uint8_t window[kLength] = {};  // the last characters
    for (const auto& piece : document)
      for (const uint16_t token : piece) {
        if (token >= letters_.size()) continue;
        for (const char letter : letters_[token]) {
          uint8_t& slot = window[seen++ % kLength];
          hash = hash * kPassageBase + weight(static_cast<uint8_t>(letter)) - kOldest * weight(slot);
          slot = static_cast<uint8_t>(letter);
          if (seen < kLength) continue;
          const uint64_t mixed = (hash ^ hash >> 32) * kPassageBase;
          if (mixed <= ~uint64_t{0} / kOneIn) take(mixed);
        }
      }
  }

 private:
  static constexpr uint64_t kOldest = passage_power(kLength);  // what the character that leaves has become
  static constexpr uint64_t weight(uint8_t letter) { return letter == 0 ? 0 : (letter + 1ULL) * 0xff51afd7ed558ccd; }

  std::vector<std::string> letters_;  // by id: what counts of the piece
};

}  // namespace pgolf
