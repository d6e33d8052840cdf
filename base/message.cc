#include "base/message.h"

#include "base/utf8.h"

namespace pgolf {
namespace {

constexpr size_t kLongestMessage = 2000;

// A control character of ASCII, or of Unicode's second block (U+0080..U+009F), which terminals obey too.
bool is_control(const std::string& text, size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 32 || byte == 127) return true;
  return byte == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0;
}

}  // namespace

std::string as_message(std::string text) {
  if (text.size() > kLongestMessage) text = std::string(utf8_prefix(text, kLongestMessage)) + "...";
  for (size_t i = 0; i < text.size(); ++i)
    if (is_control(text, i)) {
      if (static_cast<unsigned char>(text[i]) == 0xC2) text.erase(i, 1);
      text[i] = '?';
    }
  return text;
}

}  // namespace pgolf
