#include "archive/script_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "archive/python_functions.h"
#include "base/ascii.h"
#include "base/error.h"
#include "base/message.h"
#include "base/utf8.h"
#include "judge/claims/log_text.h"
#include "judge/claims/word_set.h"

namespace pgolf {
namespace {

constexpr size_t kMost = 1000, kMostValue = 80, kMostLine = 20'000, kMostLines = 100'000;
constexpr int64_t kLeastTokens = 12;  // less is a getter, alike everywhere
constexpr size_t kWrapperLines = 3;   // of a function that only reads a variable

bool is_upper_name(std::string_view text) {
  return !text.empty() && text.size() <= kMostValue && (text[0] < '0' || text[0] > '9') &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

// The identifier, with its points, that ends at `end`.
std::string_view callee_before(std::string_view line, size_t end) {
  size_t start = end;
  const auto belongs = [](char c) { return is_word(c) || c == '.'; };
  while (start > 0 && belongs(line[start - 1])) --start;
  return line.substr(start, end - start);
}

// Of an argument that starts here: to the comma or bracket that ends it.
std::string_view argument_at(std::string_view rest) {
  int depth = 0;
  char quote = 0;
  for (size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
      continue;
    }
    if (c == '"' || c == '\'') quote = c;
    if (c == '(' || c == '[' || c == '{') ++depth;
    if ((c == ')' || c == ']' || c == '}') && --depth < 0) return trimmed(rest.substr(0, i));
    if (c == ',' && depth == 0) return trimmed(rest.substr(0, i));
  }
  return trimmed(rest);
}

std::string value_of(std::string_view argument) {
  const char first = argument.empty() ? 0 : argument[0];
  if (argument.size() > 1 && (first == '"' || first == '\'') && argument.find(first, 1) == argument.size() - 1)
    argument = argument.substr(1, argument.size() - 2);
  return as_message(std::string(utf8_prefix(argument, kMostValue)));
}

class SettingReader {
 public:
  std::vector<CodeSetting> read(std::string_view script) {
    find_wrappers(script);
    each_line(script, [&](std::string_view line, int64_t number) { take(line, number); });
    return std::move(out_);
  }

 private:
  template <class Use>
  static void each_line(std::string_view script, Use&& use) {
    for (int64_t number = 1; !script.empty() && number <= static_cast<int64_t>(kMostLines); ++number) {
      const size_t end = std::min(script.find('\n'), script.size());
      use(script.substr(0, std::min(end, kMostLine)), number);
      script.remove_prefix(std::min(end + 1, script.size()));
    }
  }

  // "def _e(key, default, t=str):" with os.environ just below, or in a lambda.
  void find_wrappers(std::string_view script) {
    std::string name;
    int64_t since = 0;
    each_line(script, [&](std::string_view line, int64_t number) {
      if (!words_.occurs_in(line)) return;
      const std::string_view code = trimmed(line);
      if (code.starts_with("def "))
        name = code.substr(4, code.find('(') - std::min<size_t>(4, code.find('('))), since = number;
      const bool reads =
          line.find("environ") != std::string_view::npos || line.find("getenv") != std::string_view::npos;
      if (!reads) return;
      if (const auto equals = code.find('='); code.find("lambda") != std::string_view::npos && equals < code.size())
        wrappers_.emplace(trimmed(code.substr(0, equals)));
      else if (!name.empty() && number - since <= static_cast<int64_t>(kWrapperLines) &&
               !is_upper_name(first_text(line)))
        wrappers_.insert(name);
    });
  }

  static std::string_view first_text(std::string_view line) {
    const size_t open = line.find_first_of("'\"");
    const size_t close = open == std::string_view::npos ? open : line.find(line[open], open + 1);
    return close == std::string_view::npos ? std::string_view() : line.substr(open + 1, close - open - 1);
  }

  void take(std::string_view line, int64_t number) {
    if (line.find_first_of("'\"") == std::string_view::npos) return;
    for (size_t at = line.find('('); at != std::string_view::npos && out_.size() < kMost; at = line.find('(', at + 1)) {
      const std::string_view callee = callee_before(line, at);
      if (!callee.ends_with("environ.get") && !callee.ends_with("getenv") && !wrappers_.contains(callee)) continue;
      const std::string_view rest = line.substr(at + 1), key = argument_at(rest);
      const std::string name = value_of(key);
      if (key.size() != name.size() + 2 || !is_upper_name(name) || !seen_.insert(name).second) continue;
      const size_t comma = rest.find(',', static_cast<size_t>(key.data() - rest.data()) + key.size());
      const bool has_default = comma != std::string_view::npos && trimmed(rest.substr(0, comma)) == key;
      out_.push_back({name, has_default ? value_of(argument_at(rest.substr(comma + 1))) : "", number});
    }
  }

  static constexpr std::string_view kWords[] = {"def ", "environ", "getenv"};
  const WordSet words_{kWords, false};
  std::set<std::string, std::less<>> wrappers_;
  std::set<std::string> seen_;
  std::vector<CodeSetting> out_;
};

[[noreturn]] void refuse(std::string_view line) {
  fail(ErrorKind::database, "archive: '{}' is no code of a script; `pgolf archive add` reads it again",
       as_message(std::string(line.substr(0, kMostValue))));
}

// The word before the next blank, and what follows it.
std::string_view next_word(std::string_view& line) {
  const size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

template <class T>
T number_in(std::string_view word, int base, std::string_view line) {
  T out{};
  if (word.empty() ||
      std::from_chars(word.data(), word.data() + word.size(), out, base).ptr != word.data() + word.size())
    refuse(line);
  return out;
}

}  // namespace

ScriptCode script_code(std::string_view script) {
  ScriptCode out;
  for (WholeFunction& f : whole_functions(script, kMost))
    if (f.tokens >= kLeastTokens) out.functions.push_back({as_message(std::move(f.name)), f.hash, f.tokens});
  out.settings = SettingReader().read(script);
  return out;
}

std::string pack_code(const ScriptCode& code) {
  std::string out;
  for (const CodeFunction& f : code.functions) out += fmt::format("f {:08x} {} {}\n", f.hash, f.tokens, f.name);
  for (const CodeSetting& s : code.settings) out += fmt::format("s {} {} {}\n", s.line, s.name, s.value);
  return out;
}

ScriptCode unpack_code(std::string_view packed) {
  ScriptCode out;
  while (!packed.empty()) {
    const size_t end = packed.find('\n');
    const std::string_view line = packed.substr(0, std::min(end, packed.size()));
    if (end == std::string_view::npos) refuse(line);
    packed.remove_prefix(end + 1);
    std::string_view rest = line;
    const std::string_view kind = next_word(rest), first = next_word(rest), second = next_word(rest);
    if (kind == "f")
      out.functions.push_back(
          {std::string(rest), number_in<uint32_t>(first, 16, line), number_in<int64_t>(second, 10, line)});
    else if (kind == "s")
      out.settings.push_back({std::string(second), std::string(rest), number_in<int64_t>(first, 10, line)});
    else
      refuse(line);
  }
  return out;
}

}  // namespace pgolf
