#include "engine/data/word_encoder.h"

#include <gmock/gmock.h>

#include <random>

#include "base/utf8.h"
#include "engine/data/caseops.h"
#include "tests/engine/data/fixtures.h"

namespace pgolf {
namespace {

// Words, blanks of all kinds, combining marks, ligatures, controls, operators, literal U+2581 and anything else.
std::string random_text(std::mt19937& random, int length) {
  static const std::vector<std::string> kParts = {"the ", "word",  "\n", "\t", "  ",    " ",
                                                  ",",    "3.14 ", "e",  "A",  "don't "};
  static constexpr char32_t kOdd[] = {0x0301, 0x0308, 0xFB01, 0x2026, 0x00A0, 0x3000,  0x200B, 0x2581, 0x01,
                                      0x00,   0x7F,   0x00B4, 0xFF21, 0x2163, 0xAD,    0xFEFF, 0xE001, 0xE004,
                                      0x1100, 0x1161, 0x0085, 0x2028, 0x0344, 0x1F600, 0xFDFA, 0x0344};
  std::string out;
  for (int i = 0; i < length; ++i) {
    const uint32_t choice = random() % 10;
    if (choice < 7) {
      out += kParts[random() % kParts.size()];
    } else if (choice < 9) {
      append_utf8(out, kOdd[random() % std::size(kOdd)]);
    } else {
      const char32_t c = random() % 0x3000;
      append_utf8(out, c);
    }
  }
  return out;
}

class WordEncoderOf : public testing::TestWithParam<std::string_view> {};

TEST_P(WordEncoderOf, EqualsTheTokenizerOnProse) {
  const Tokenizer tokenizer = Tokenizer::load(tokenizer_path(GetParam()));
  WordEncoder words(tokenizer);
  EXPECT_TRUE(words.by_word());
  for (const std::string& text : corpus(300)) {
    ASSERT_EQ(words.encode(text), tokenizer.encode(text));
    const std::string encoded = caseops_encode(text);
    ASSERT_EQ(words.encode(encoded), tokenizer.encode(encoded));
  }
}

TEST_P(WordEncoderOf, EqualsTheTokenizerOnRandomUnicode) {
  const Tokenizer tokenizer = Tokenizer::load(tokenizer_path(GetParam()));
  WordEncoder words(tokenizer);
  std::mt19937 random(97);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random_text(random, static_cast<int>(random() % 25));
    ASSERT_EQ(words.encode(text), tokenizer.encode(text))
        << "seed 97, text " << i << ": " << testing::PrintToString(text);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, WordEncoderOf, testing::Values(kPlainModel, kCaseOpsModel),
                         [](const auto& info) { return std::string(info.param == kPlainModel ? "Plain" : "CaseOps"); });

TEST(WordEncoder, ServesTrainedModelsToo) {
  const auto documents = corpus(100);
  for (const bool caseops : {false, true}) {
    const Tokenizer tokenizer = train_tokenizer({.vocab_size = 700, .caseops = caseops}, source(documents));
    WordEncoder words(tokenizer);
    // Without pieces of their own, operators fall back to bytes, which is no reason to go slowly.
    EXPECT_TRUE(words.by_word());
    for (const std::string& text : documents) ASSERT_EQ(words.encode(text), tokenizer.encode(text));
  }
}

}  // namespace
}  // namespace pgolf
