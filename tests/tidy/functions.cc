#include "tests/tidy/functions.h"

#include <algorithm>
#include <cctype>
#include <regex>

namespace pgolf::tidy {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// The end of the literal that begins at `at` with a quote; R"x(...)x" counts as one.
size_t end_of_literal(std::string_view text, size_t at) {
  if (text[at] == '"' && at > 0 && text[at - 1] == 'R') {
    const size_t open = text.find('(', at);
    const std::string close = ")" + std::string(text.substr(at + 1, open - at - 1)) + "\"";
    return std::min(text.find(close, open), text.size() - close.size()) + close.size();
  }
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == text[at])
      return i + 1;
  }
  return text.size();
}

// The last name before the first parenthesis: "void Sandbox::wrap(const" -> "Sandbox::wrap".
std::string name_in(const std::string& head) {
  static const std::regex name(R"(([A-Za-z_~][\w:~]*|operator\W+)\s*\()");
  std::smatch found;
  return std::regex_search(head, found, name) ? found[1].str() : "";
}

enum class Opens { scope, function, value };

// What the text before a brace says that it opens. A brace right behind a name is a member's initialiser.
Opens opened_by(const std::string& head) {
  static const std::regex scope(R"((^|\s|>)(namespace|class|struct|union|enum|extern)\b[^()=]*$)");
  static const std::regex prefix(R"(template\s*<.*?>\s|operator\W*=)");
  if (std::regex_search(head, scope)) return Opens::scope;
  if (!head.empty() && is_word(head.back())) return Opens::value;
  const std::string rest = std::regex_replace(head, prefix, "");
  const size_t parenthesis = rest.find('(');
  return parenthesis == std::string::npos || rest.find('=') < parenthesis ? Opens::value : Opens::function;
}

// Without lines of the preprocessor and what continues them.
std::string without_directives(std::string text) {
  bool directive = false;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const size_t first = text.find_first_not_of(' ', at);
    directive = directive || (first < end && text[first] == '#');
    const bool goes_on = directive && end > at && text[end - 1] == '\\';
    if (directive) std::fill(text.begin() + at, text.begin() + end, ' ');
    directive = goes_on;
    at = end + 1;
  }
  return text;
}

}  // namespace

std::string without_literals(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const bool separator = text[i] == '\'' && i > 0 && is_word(text[i - 1]);  // 1'000
    size_t end = i + 1;
    if (text.substr(i, 2) == "//")
      end = std::min(text.find('\n', i), text.size());
    else if (text.substr(i, 2) == "/*")
      end = std::min(text.find("*/", i), text.size() - 2) + 2;
    else if (text[i] == '"' || (text[i] == '\'' && !separator))
      end = end_of_literal(text, i);
    if (end == i + 1)
      out += text[i];
    else
      for (size_t k = i; k < end; ++k) out += text[k] == '\n' ? '\n' : ' ';
    i = end;
  }
  return out;
}

std::vector<Function> functions_of(std::string_view source) {
  const std::string text = without_directives(without_literals(source));
  std::vector<Function> out;
  std::string head;
  int line = 1, head_line = 1, depth = 0;  // depth: braces open since the function or value began
  bool in_function = false;
  for (const char c : text) {
    if (depth == 0 && head.empty() && !std::isspace(static_cast<unsigned char>(c))) head_line = line;
    if (c == '\n') ++line;
    if (c == '{' && (depth > 0 || opened_by(head) != Opens::scope)) {
      if (depth++ == 0) in_function = opened_by(head) == Opens::function;
    } else if (c == '}' && depth > 0) {
      if (--depth == 0 && in_function) out.push_back({name_in(head), head_line, line - head_line + 1});
      if (depth == 0 && in_function) head.clear();
    } else if (depth == 0 && (c == '{' || c == '}' || c == ';')) {
      head.clear();
    } else if (depth == 0 && (!head.empty() || !std::isspace(static_cast<unsigned char>(c)))) {
      head += c == '\n' ? ' ' : c;
    }
  }
  return out;
}

}  // namespace pgolf::tidy
