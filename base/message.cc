#include "base/message.h"

#include "base/utf8.h"

namespace pgolf {
namespace {

constexpr size_t kLongestMessage = 2000;

// Controls of ASCII and of Unicode's second block, which terminals obey too; line and paragraph separators; marks of
// direction (Unicode 15, Bidi_Control).
bool acts(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x61C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::string readable(std::string_view text, std::string_view keep) {
  std::string out;
  while (!text.empty()) {
    const std::string_view good = text.substr(0, first_invalid_utf8(text));
    for (size_t at = 0, begin = 0; at < good.size(); begin = at) {
      const char32_t c = next_code_point(good, at);
      const bool kept = c < 0x80 && keep.find(static_cast<char>(c)) != std::string_view::npos;
      if (acts(c) && !kept)
        out += '?';
      else
        out += good.substr(begin, at - begin);
    }
    text.remove_prefix(good.size());
    if (text.empty()) break;
    out += '?';
    text.remove_prefix(1);
  }
  return out;
}

std::string as_message(std::string_view text) {
  const std::string_view shown = utf8_prefix(text, kLongestMessage);
  return readable(shown) + (shown.size() < text.size() ? "..." : "");
}

}  // namespace pgolf
