#include "judge/claims/line_values.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"

namespace pgolf {

size_t number_length(std::string_view text) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - start;
  };
  if (digits() == 0) return 0;
  while (at + 3 < text.size() && text[at] == ',' && std::all_of(text.begin() + at + 1, text.begin() + at + 4, is_digit))
    at += 4;
  if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) ++at, digits();
  if (size_t back = at; at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) at = back;
  }
  return at;
}

size_t unit_length(std::string_view text) {
  const size_t blank = text.starts_with(' ') ? 1 : 0;
  for (const std::string_view unit : {"ms", "seconds", "sec", "s", "min", "m"}) {
    const std::string_view rest = text.substr(blank);
    if (rest.starts_with(unit) && (rest.size() == unit.size() || !is_word(rest[unit.size()])))
      return blank + unit.size();
  }
  return 0;
}

std::string_view value_behind(std::string_view line, std::string_view name, size_t& at, bool separated) {
  for (size_t found = line.find(name, at); found != std::string_view::npos; found = line.find(name, found + 1)) {
    if (found > 0 && is_word(line[found - 1]) && is_word(name[0])) continue;
    size_t start = found + name.size();
    bool separator = false;
    while (start < line.size() && (line[start] == ' ' || line[start] == ':' || line[start] == '='))
      separator |= line[start++] != ' ';
    const size_t length = number_length(line.substr(start));
    if (length == 0 || (separated && !separator)) continue;
    at = start + length;
    return line.substr(start, length + unit_length(line.substr(at)));
  }
  return {};
}

std::vector<NamedNumber> numbers_of(std::string_view line) {
  std::vector<NamedNumber> out;
  std::string_view name;
  for (size_t i = 0; i < line.size();) {
    const size_t start = i;
    if (is_letter(line[i])) {
      while (i < line.size() && is_word(line[i])) ++i;
      name = line.substr(start, i - start);
    } else if (is_digit(line[i])) {
      i += number_length(line.substr(i));
      out.push_back({std::exchange(name, {}), line.substr(start, i - start)});
    } else {
      ++i;
    }
  }
  return out;
}
std::string label_of(std::string_view words) {
  constexpr size_t kMostLabel = 60;
  const auto first = words.find_first_not_of(" :|-[]>=\t");
  if (first == std::string_view::npos) return "";
  words = words.substr(first, words.find_last_not_of(" :|-[>=\t") - first + 1);
  std::string out(words.substr(0, kMostLabel));
  for (char& c : out)
    if (c < 0x20 || c > 0x7e) c = '?';
  return out;
}

}  // namespace pgolf
