#include "base/clean_text.h"

#include <algorithm>

#include "base/utf8.h"

namespace pgolf {
namespace {

// What a terminal obeys (C0, C1), what ends a line, and what lets text be read in another order than it is written.
bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

std::string cleaned(std::string_view text, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t valid = std::min(first_invalid_utf8(text.substr(at)), text.size() - at);
    for (const size_t end = at + valid; at < end;) {
      const size_t from = at;
      const char32_t c = next_code_point(text, at);
      if (is_control(c) && (c > 0x7F || kept.find(static_cast<char>(c)) == std::string_view::npos))
        out += '?';
      else
        out += text.substr(from, at - from);
    }
    if (at < text.size()) out += '?', ++at;
  }
  return out;
}

}  // namespace

std::string as_line(std::string_view text) { return cleaned(text, ""); }
std::string as_lines(std::string_view text) { return cleaned(text, "\n\t"); }

}  // namespace pgolf
