#include "archive/python_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <set>

#include "base/ascii.h"

namespace pgolf {
namespace {

constexpr size_t kRun = 6, kKept = 32, kLeastTokens = 40, kMostLines = 2000;
constexpr size_t kShownLine = 120, kShownName = 80;
constexpr size_t kLeastOutside = 3;  // tokens of a line outside: brackets and `pass` say nothing

bool is_keyword(std::string_view word) {
  constexpr std::array<std::string_view, 24> kWords = {
      "def", "return", "if",   "else", "elif",  "for", "while",  "in",     "not",   "and",   "or",       "with",
      "as",  "is",     "None", "True", "False", "try", "except", "lambda", "yield", "break", "continue", "import"};
  return word.size() <= 8 && std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

uint32_t hash_of(std::string_view text, uint32_t seed = 2166136261u) {  // FNV-1a
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 16777619u;
  return seed;
}

constexpr uint32_t kName = 0x9e3779b9u;

// Names are one token whatever they are, unless they follow a point: those are of an interface; and so are texts. With
// `exact` each is its own token, but for what stands in three quotes.
class Tokens {
 public:
  explicit Tokens(std::string_view text, bool exact = false) : text_(text), exact_(exact) {}

  std::vector<uint32_t> read() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#')
        at_ = std::min(text_.find('\n', at_), text_.size());
      else if (c == '"' || c == '\'')
        skip_literal(c);
      else if (is_word(c))
        word();
      else if (c > ' ')
        add(text_.substr(at_++, 1));
      else
        ++at_;
    }
    return std::move(out_);
  }

 private:
  void add(std::string_view token) { out_.push_back(hash_of(token)); }

  void word() {
    const size_t start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    const std::string_view token = text_.substr(start, at_ - start);
    const bool member = start > 0 && text_[start - 1] == '.';
    if (exact_ || member || is_keyword(token) || is_digit(token[0])) return add(token);
    out_.push_back(kName);
  }

  void skip_literal(char quote) {
    const std::string_view three = text_.substr(at_, 3);
    const bool triple = three.size() == 3 && three[1] == quote && three[2] == quote;
    at_ += triple ? 3 : 1;
    const size_t start = at_;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\')
        ++at_;
      else if (text_[at_] == '\n' && !triple)
        break;
      else if (text_.substr(at_, triple ? 3 : 1) == (triple ? three : three.substr(0, 1)))
        break;
    }
    const std::string_view text = text_.substr(std::min(start, text_.size()), at_ - start);
    at_ = std::min(at_ + (triple ? 3 : 1), text_.size());
    add(exact_ && !triple ? text : "s");
  }

  std::string_view text_;
  bool exact_;
  size_t at_ = 0;
  std::vector<uint32_t> out_;
};

CodeSketch sketch_of(std::string_view text) {
  const std::vector<uint32_t> tokens = Tokens(text).read();
  if (tokens.size() < kLeastTokens) return {};
  std::set<uint32_t> runs;
  for (size_t i = 0; i + kRun <= tokens.size(); ++i) {
    uint32_t run = 2166136261u;
    for (size_t k = 0; k < kRun; ++k) run = (run ^ tokens[i + k]) * 16777619u;
    runs.insert(run ^ run >> 15);
  }
  CodeSketch out;
  for (auto it = runs.begin(); it != runs.end() && out.size() < kKept; ++it) out.push_back(*it);
  return out;
}

uint32_t hash_of(const std::vector<uint32_t>& tokens) {
  uint32_t hash = 2166136261u;
  for (const uint32_t token : tokens) hash = (hash ^ token) * 16777619u;
  return hash;
}

std::vector<std::string_view> split(std::string_view script) {
  std::vector<std::string_view> out;
  while (!script.empty()) {
    const size_t end = std::min(script.find('\n'), script.size());
    out.push_back(script.substr(0, end));
    script.remove_prefix(std::min(end + 1, script.size()));
  }
  return out;
}

bool starts_function(std::string_view line) {
  const std::string_view rest = line.substr(indent_of(line));
  return rest.starts_with("def ") || rest.starts_with("async def ");
}
std::string name_of(std::string_view line) {
  const auto start = line.find("def ") + 4;
  return std::string(line.substr(start, std::min<size_t>(line.find('(', start) - start, kShownName)));
}

// The first line behind the function that starts at `first`: no further in, and not the end of its arguments.
size_t end_of(const std::vector<std::string_view>& lines, size_t first) {
  const size_t indent = indent_of(lines[first]);
  size_t at = first + 1;
  for (; at < lines.size() && at < first + kMostLines; ++at) {
    const size_t here = indent_of(lines[at]);
    if (here < lines[at].size() && here <= indent && lines[at][here] != ')') break;
  }
  return at;
}

// Of lines first..end-1, which follow each other in one text.
std::string_view text_of(const std::vector<std::string_view>& lines, size_t first, size_t end) {
  const char* start = lines[first].data();
  return {start, static_cast<size_t>(lines[end - 1].data() + lines[end - 1].size() - start)};
}

}  // namespace

size_t indent_of(std::string_view line) { return std::min(line.find_first_not_of(" \t\r"), line.size()); }

std::vector<PythonFunction> functions_around(std::string_view script, const std::vector<int64_t>& wanted) {
  const auto lines = split(script);
  std::vector<PythonFunction> out;
  std::set<size_t> seen;
  for (const int64_t line : wanted) {
    if (line < 1 || line > std::ssize(lines)) continue;
    const size_t at = static_cast<size_t>(line - 1);
    const size_t indent = indent_of(lines[at]);
    for (size_t first = at; first + kMostLines > at && first < lines.size(); --first) {
      if (!starts_function(lines[first]) || (first != at && indent_of(lines[first]) >= indent)) continue;
      const size_t end = end_of(lines, first);
      if (end <= at || !seen.insert(first).second) break;
      if (CodeSketch sketch = sketch_of(text_of(lines, first, end)); !sketch.empty())
        out.push_back(
            {name_of(lines[first]), static_cast<int64_t>(first + 1), static_cast<int64_t>(end), std::move(sketch)});
      break;
    }
  }
  return out;
}

std::vector<WholeFunction> whole_functions(std::string_view script, size_t most) {
  const auto lines = split(script);
  std::vector<WholeFunction> out;
  std::string owner;
  for (size_t at = 0; at < lines.size() && out.size() < most;) {
    if (!starts_function(lines[at])) {
      if (lines[at].starts_with("class "))
        owner = lines[at].substr(6, std::min(lines[at].find_first_of("(:") - 6, kShownName));
      ++at;
      continue;
    }
    const size_t end = end_of(lines, at);
    const std::string_view text = text_of(lines, at, end);
    const std::vector<uint32_t> tokens = Tokens(text).read();
    out.push_back({name_of(lines[at]), hash_of(tokens), hash_of(Tokens(text, true).read()), std::ssize(tokens),
                   static_cast<int64_t>(at + 1), indent_of(lines[at]) > 0 ? owner : ""});
    at = end;
  }
  return out;
}

std::vector<OutsideLine> lines_outside(std::string_view script, size_t most) {
  const auto lines = split(script);
  std::vector<OutsideLine> out;
  bool in_text = false;  // between three quotes
  for (size_t at = 0; at < lines.size() && out.size() < most; ++at) {
    if (!in_text && starts_function(lines[at])) {
      at = end_of(lines, at) - 1;
      continue;
    }
    const std::string_view code = lines[at].substr(indent_of(lines[at]));
    size_t quotes = 0;
    for (const char* three : {"\"\"\"", "'''"})
      for (size_t i = code.find(three); i != std::string_view::npos; i = code.find(three, i + 3)) ++quotes;
    const bool passed = in_text || quotes > 0 || code.starts_with("import ") || code.starts_with("from ") ||
                        code.find("environ") != std::string_view::npos || code.find("getenv") != std::string_view::npos;
    if (quotes % 2 != 0) in_text = !in_text;
    const std::vector<uint32_t> tokens = passed ? std::vector<uint32_t>() : Tokens(code, true).read();
    if (tokens.size() >= kLeastOutside)
      out.push_back({static_cast<int64_t>(at + 1), hash_of(tokens), std::string(code.substr(0, kShownLine))});
  }
  return out;
}

double shared_code(const CodeSketch& a, const CodeSketch& b) {
  std::vector<uint32_t> either, both;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(either));
  either.resize(std::min({either.size(), std::max(a.size(), b.size())}));  // the smallest of both together
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  const auto shared = std::count_if(either.begin(), either.end(),
                                    [&](uint32_t hash) { return std::binary_search(both.begin(), both.end(), hash); });
  return either.empty() ? 0 : static_cast<double>(shared) / static_cast<double>(either.size());
}

std::string sketch_text(const CodeSketch& sketch) {
  std::string out;
  for (const uint32_t hash : sketch) out += fmt::format("{:08x}", hash);
  return out;
}

std::optional<CodeSketch> sketch_from(std::string_view text) {
  if (text.empty() || text.size() % 8 != 0 || text.size() > 8 * kKept) return std::nullopt;
  CodeSketch out(text.size() / 8);
  for (size_t i = 0; i < out.size(); ++i) {
    const char* start = text.data() + 8 * i;
    if (std::from_chars(start, start + 8, out[i], 16).ptr != start + 8) return std::nullopt;
  }
  return std::is_sorted(out.begin(), out.end()) ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace pgolf
