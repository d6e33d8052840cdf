#include "engine/data/caseops.h"

#include <gmock/gmock.h>

#include <random>
#include <set>

#include "base/error.h"
#include "base/utf8.h"

namespace pgolf {
namespace {

// "^" TITLE, "!" ALLCAPS, "+" CAPNEXT, "\" ESC, to keep expectations readable.
std::string with_operators(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '^')
      append_utf8(out, kTitle);
    else if (c == '!')
      append_utf8(out, kAllCaps);
    else if (c == '+')
      append_utf8(out, kCapNext);
    else if (c == '\\')
      append_utf8(out, kEscape);
    else
      out += c;
  }
  return out;
}

std::string random_text(std::mt19937& random, int length) {
  static constexpr std::string_view kLetters = "abzABZ .1_\n";
  std::string out;
  for (int i = 0; i < length; ++i) {
    switch (random() % 8) {
      case 0: append_utf8(out, kTitle + random() % 4); break;
      case 1: append_utf8(out, 0xE000 + random() % 8); break;
      case 2: {
        char32_t c = random() % 0x110000;
        if (c >= 0xD800 && c < 0xE000) c = 'A' + c % 26;
        append_utf8(out, c);
        break;
      }
      case 3: append_utf8(out, random() % 0x250); break;
      default: out += kLetters[random() % kLetters.size()];
    }
  }
  return out;
}

TEST(CaseOps, EncodesEachKindOfWord) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", ""},
      {"the end", "the end"},
      {"The NASA Launch", "^the !nasa ^launch"},
      {"I", "^i"},
      {"A1", "^a1"},
      {"OK", "!ok"},
      {"OKs", "^o+ks"},
      {"iPhone", "i+phone"},
      {"McDonald", "^mc+donald"},
      {"aB", "a+b"},
      {"aBC", "a+b+c"},
      {"ABc", "^a+bc"},
      {"U.S.A.", "^u.^s.^a."},
      {"X9Y", "^x9^y"},
      {"Émile ÉTÉ", "Émile É^tÉ"},  // only ASCII letters are words; the T of ÉTÉ is one of its own
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(caseops_encode(text), with_operators(expected)) << text;
    EXPECT_EQ(caseops_decode(with_operators(expected)), text);
  }
}

TEST(CaseOps, EscapesLiteralOperators) {
  std::string text = "a";
  append_utf8(text, kTitle);
  text += 'B';
  append_utf8(text, kEscape);
  std::string expected = "a";
  append_utf8(expected, kEscape), append_utf8(expected, kTitle), append_utf8(expected, kTitle);
  expected += 'b';
  append_utf8(expected, kEscape), append_utf8(expected, kEscape);
  EXPECT_EQ(caseops_encode(text), expected);
  EXPECT_EQ(caseops_decode(expected), text);
}

TEST(CaseOps, DecodesWhatItEncodesOnRandomUnicode) {
  std::mt19937 random(20260501);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random_text(random, static_cast<int>(random() % 40));
    ASSERT_EQ(first_invalid_utf8(text), std::string::npos);
    const std::string encoded = caseops_encode(text);
    ASSERT_EQ(first_invalid_utf8(encoded), std::string::npos);
    ASSERT_EQ(caseops_decode(encoded), text) << "seed 20260501, text " << i;
  }
}

// The other half of a bijection: whatever decode accepts, encode gives back. Random texts full of operators are mostly
// refused; those that are accepted must return.
TEST(CaseOps, EncodesWhatItDecodes) {
  std::mt19937 random(7);
  int accepted = 0, refused = 0;
  for (int i = 0; i < 50000; ++i) {
    const std::string text = random_text(random, static_cast<int>(random() % 8));
    try {
      const std::string decoded = caseops_decode(text);
      ASSERT_EQ(caseops_encode(decoded), text) << "seed 7, text " << i;
      ++accepted;
    } catch (const Error& e) {
      ASSERT_EQ(e.kind(), ErrorKind::submission);
      ++refused;
    }
  }
  EXPECT_GT(accepted, 5000);
  EXPECT_GT(refused, 5000);
}

// Every string of up to five symbols over the letters that matter encodes to something different.
TEST(CaseOps, IsInjectiveOnShortTexts) {
  std::vector<std::string> symbols = {"a", "B", " "};
  for (const char32_t c : {kTitle, kAllCaps, kCapNext, kEscape}) append_utf8(symbols.emplace_back(), c);
  std::vector<std::string> texts = {""};
  std::set<std::string> encodings;
  for (int length = 0; length <= 5; ++length) {
    std::vector<std::string> longer;
    for (const auto& text : texts) {
      ASSERT_TRUE(encodings.insert(caseops_encode(text)).second) << text;
      for (const auto& symbol : symbols) longer.push_back(text + symbol);
    }
    texts = std::move(longer);
  }
  EXPECT_EQ(encodings.size(), 1 + 7 + 49 + 343 + 2401 + 16807);
}

TEST(CaseOps, RefusesInvalidUtf8) {
  for (const std::string& bad : {std::string("a\xC3"), std::string("\xED\xA0\x80"), std::string("\xC0\x80"),
                                 std::string("\xF4\x90\x80\x80"), std::string("ab\xFF"), std::string("\x80")}) {
    EXPECT_THROW(caseops_encode(bad), Error);
    EXPECT_THROW(caseops_decode(bad), Error);
  }
}

TEST(Utf8, FindsTheFirstBadByte) {
  EXPECT_EQ(first_invalid_utf8("h\xC3\xA9llo \xF0\x9F\x98\x80"), std::string::npos);
  EXPECT_EQ(first_invalid_utf8("ab\xFF"), 2);
  EXPECT_EQ(first_invalid_utf8("a\xE2\x82"), 1);      // cut short
  EXPECT_EQ(first_invalid_utf8("\xE0\x80\xAF"), 0);   // overlong
  EXPECT_EQ(first_invalid_utf8("x\xED\xBF\xBF"), 1);  // surrogate
  EXPECT_EQ(first_invalid_utf8(std::string_view("a\0b", 3)), std::string::npos);
}

TEST(Utf8, EveryCodePointReturns) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text;
    append_utf8(text, c);
    ASSERT_EQ(first_invalid_utf8(text), std::string::npos);
    size_t at = 0;
    ASSERT_EQ(next_code_point(text, at), c);
    ASSERT_EQ(at, text.size());
  }
}

}  // namespace
}  // namespace pgolf
