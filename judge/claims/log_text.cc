#include "judge/claims/log_text.h"

#include <algorithm>

#include "base/ascii.h"

namespace pgolf {
namespace {

bool marks_code(char c) { return c == '"' || c == '\'' || c == '`' || c == '{' || c == '}' || c == '\\'; }

// Words that begin a line of Python and no line of a log.
bool starts_like_python(std::string_view text) {
  for (const std::string_view word :
       {"#",      "//",      "\"\"\"", "'''",     "@",      "import ", "from ",  "def ",
        "class ", "return ", "if ",    "elif ",   "else:",  "for ",    "while ", "with ",
        "try:",   "except",  "raise ", "assert ", "print(", "log(",    "log0(",  "lambda "})
    if (text[0] == word[0] && text.starts_with(word)) return true;
  return false;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    out.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// What UTF-16 text says in ASCII; '?' for the rest, which no form of a log needs.
std::string from_utf16(std::string_view bytes, bool big_endian) {
  std::string out;
  out.reserve(bytes.size() / 2);
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const unsigned char low = bytes[i + (big_endian ? 1 : 0)], high = bytes[i + (big_endian ? 0 : 1)];
    out += high == 0 && low < 0x80 ? static_cast<char>(low) : '?';
  }
  return out;
}

// Without "ESC [ ... letter".
std::string without_colours(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\x1b' || i + 1 >= text.size() || text[i + 1] != '[') {
      out += text[i];
      continue;
    }
    for (i += 2; i < text.size() && !(text[i] >= '@' && text[i] <= '~');) ++i;
  }
  return out;
}

}  // namespace

std::string plain_text(std::string_view bytes) {
  std::string out;
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff"))
    out = from_utf16(bytes.substr(2), bytes[0] == '\xfe');
  else
    out = bytes.starts_with("\xef\xbb\xbf") ? bytes.substr(3) : bytes;
  if (has(out, "\x1b[")) out = without_colours(out);
  if (has(out, "\r") && !has(out, "\n")) std::replace(out.begin(), out.end(), '\r', '\n');
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool reads_like_code(std::string_view line) {
  const auto text = trimmed(line);
  if (text.empty()) return false;
  if (text.find_first_not_of("=-+| ") == std::string_view::npos) return false;  // of a table's frame
  if (starts_like_python(text) || std::any_of(text.begin(), text.end(), marks_code)) return true;
  if (text.find('[', 1) != std::string_view::npos || text.ends_with(',') || text.ends_with('(')) return true;
  if (has(text, "= (") || has(text, "==") || has(text, " * ") || has(text, "**") || has(text, " if ")) return true;
  for (size_t at = text.find('('); at != std::string_view::npos; at = text.find('(', at + 1))
    if (at > 0 && (is_letter(text[at - 1]) || text[at - 1] == ')')) return true;
  return false;
}

namespace {

std::vector<bool> program_lines(const std::vector<std::string_view>& lines) {
  constexpr size_t kProgram = 20, kGap = 12;
  std::vector<bool> out(lines.size(), false);
  size_t first = 0, last = 0, code = 0, others = 0;
  const auto close = [&] {
    if (code >= kProgram)
      std::fill(out.begin() + static_cast<long>(first), out.begin() + static_cast<long>(last) + 1, true);
    code = others = 0;
  };
  for (size_t i = 0; i < lines.size(); ++i) {
    if (trimmed(lines[i]).empty()) continue;
    if (reads_like_code(lines[i])) {
      if (code++ == 0) first = i;
      last = i, others = 0;
    } else if (code > 0 && ++others > kGap) {
      close();
    }
  }
  close();
  return out;
}

}  // namespace

LogText::LogText(std::string_view text) : lines(lines_of(text)), program(program_lines(lines)) {}

}  // namespace pgolf
