#include "reports/escape.h"

#include <algorithm>

#include "base/message.h"

namespace pgolf {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

}  // namespace

std::string markdown_text(std::string_view text) {
  std::string out;
  for (const char c : readable(text, "\n\r\t")) {
    if (static_cast<unsigned char>(c) < 0x20)
      out += ' ';
    else if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else if (std::string_view("\\`*_[]|#>~!@").find(c) != std::string_view::npos)
      out += '\\', out += c;
    else
      out += c;
  }
  return out;
}

std::string markdown_code(std::string_view text) {
  size_t run = 0, longest = 0;
  std::string flat;
  for (const char c : readable(text, "\n\r\t")) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
    flat += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  const std::string fence(longest + 1, '`');
  return longest ? fence + " " + flat + " " + fence : fence + flat + fence;
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string out;
  for (const auto& field : fields) {
    if (!out.empty() || &field != &fields.front()) out += ',';
    const bool formula =
        !field.empty() && std::string_view("=+-@\t\r").find(field[0]) != std::string_view::npos && !is_number(field);
    const std::string text = (formula ? "'" : "") + readable(field, "\n\r\t");
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
      out += text;
      continue;
    }
    out += '"';
    for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    out += '"';
  }
  return out + "\r\n";
}

std::string command_line(const std::vector<std::string>& arguments) {
  std::string out;
  for (const auto& argument : arguments) {
    const bool plain = !argument.empty() && argument.find_first_not_of(
                                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                "0123456789_-+=./:,@%") == std::string::npos;
    if (!out.empty()) out += ' ';
    if (plain) {
      out += argument;
      continue;
    }
    out += '\'';
    for (const char c : argument) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    out += '\'';
  }
  return out;
}

}  // namespace pgolf
