#include "base/message.h"

#include "base/utf8.h"

namespace pgolf {
namespace {

constexpr size_t kLongestMessage = 2000;

// The length of a control character at `at`, 0 of any other: of ASCII; of Unicode's second block (U+0080..U+009F),
// which terminals obey too; of those that turn the direction of text (U+200E, U+200F, U+202A..U+202E, U+2066..U+2069).
size_t control_length(const std::string& text, size_t at) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  if (byte(at) < 32 || byte(at) == 127) return 1;
  if (byte(at) == 0xC2) return byte(at + 1) >= 0x80 && byte(at + 1) < 0xA0 ? 2 : 0;
  if (byte(at) != 0xE2) return 0;
  const unsigned char middle = byte(at + 1), last = byte(at + 2);
  const bool marks = middle == 0x80 && (last == 0x8E || last == 0x8F || (last >= 0xAA && last <= 0xAE));
  return marks || (middle == 0x81 && last >= 0xA6 && last <= 0xA9) ? 3 : 0;
}

}  // namespace

std::string as_message(std::string text) {
  if (text.size() > kLongestMessage) text = std::string(utf8_prefix(text, kLongestMessage)) + "...";
  for (size_t i = 0; i < text.size(); ++i)
    if (const size_t length = control_length(text, i); length > 0) text.replace(i, length, "?");
  return text;
}

}  // namespace pgolf
