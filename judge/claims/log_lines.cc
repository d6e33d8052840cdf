#include "judge/claims/log_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>

#include "base/sha256.h"

namespace pgolf {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
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

// Names of settings, which agree between honest seeds.
bool is_setting(std::string_view name) {
  for (const auto* word : {"lr", "scale", "wd", "decay", "beta", "mom", "eps", "lambda", "frac", "temp", "clip", "std"})
    if (has(name, word)) return true;
  return false;
}

// Words that begin a line of Python and no line of a log.
bool starts_like_python(std::string_view text) {
  for (const std::string_view word :
       {"#",      "//",      "\"\"\"", "'''",     "@",      "import ", "from ",  "def ",
        "class ", "return ", "if ",    "elif ",   "else:",  "for ",    "while ", "with ",
        "try:",   "except",  "raise ", "assert ", "print(", "log(",    "log0(",  "lambda "})
    if (text.starts_with(word)) return true;
  return false;
}

// Brackets, quotes and calls, as source text has them. A log has a bracket at the start of a line (a rank, a time of
// day) or round a remark, "(stride 64)", and calls nothing. Logs do print "val_loss = 1.9", but no tuple after it.
bool reads_like_code(std::string_view line) {
  const auto text = trimmed(line);
  if (text.empty()) return false;
  if (starts_like_python(text) || text.find_first_of("\"'`{}\\") != std::string_view::npos) return true;
  if (text.find('[', 1) != std::string_view::npos || text.ends_with(',') || text.ends_with('(')) return true;
  if (has(text, "= (") || has(text, "==") || has(text, " * ") || has(text, "**") || has(text, " if ")) return true;
  for (size_t at = text.find('('); at != std::string_view::npos; at = text.find('(', at + 1))
    if (at > 0 && (is_letter(text[at - 1]) || text[at - 1] == ')')) return true;
  return false;
}

// Which lines are of a program that the log holds: from its first line to its last, with what stands between (texts of
// documentation strings), where at least kProgram lines of code follow each other with no more than kGap others
// between.
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

// Whether a printed number has three digits and two decimals at least, zeros at either end left out: "30.0000" was
// chosen by somebody, and "0.0004" agrees by chance.
bool says_much(std::string_view number) {
  while (number.ends_with('0')) number.remove_suffix(1);
  const size_t decimals = number.size() - number.find('.') - 1;
  const auto digits =
      std::count_if(number.begin() + static_cast<long>(std::min(number.find_first_not_of("0."), number.size())),
                    number.end(), is_digit);
  return decimals >= 2 && digits >= 3;
}

// Whether a line has at least two numbers, one of them named, with four decimals or more, and no setting.
bool is_measurement(std::string_view line) {
  int numbers = 0;
  bool measured = false, named = false;
  std::string_view name;
  for (size_t i = 0; i < line.size();) {
    if (is_letter(line[i])) {
      const size_t start = i;
      while (i < line.size() && (is_letter(line[i]) || is_digit(line[i]))) ++i;
      name = line.substr(start, i - start);
      named = true;
    } else if (is_digit(line[i])) {
      const size_t start = i;
      while (i < line.size() && is_digit(line[i])) ++i;
      size_t decimals = 0;
      if (i < line.size() && line[i] == '.')
        for (++i; i < line.size() && is_digit(line[i]); ++i) ++decimals;
      ++numbers;
      measured |= named && decimals >= 4 && says_much(line.substr(start, i - start)) && !is_setting(name);
      named = false;  // a further number without a name is a column of a table
    } else {
      ++i;
    }
  }
  return numbers >= 2 && measured;
}

std::string printable(std::string_view text) {
  constexpr size_t kShown = 60;
  std::string out(trimmed(text).substr(0, kShown));
  for (char& c : out)
    if (c < 0x20 || c > 0x7e) c = '?';
  return out;
}

// The number after `key` at the start of a line or after a blank; -1 if there is none.
int64_t number_after(std::string_view line, std::string_view key) {
  for (size_t at = line.find(key); at != std::string_view::npos; at = line.find(key, at + 1)) {
    if (at > 0 && line[at - 1] != ' ') continue;
    std::string_view rest = line.substr(at + key.size());
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    int64_t value = 0;
    size_t digits = 0;
    for (; digits < rest.size() && digits < 16 && is_digit(rest[digits]); ++digits)
      value = value * 10 + (rest[digits] - '0');
    const bool whole = digits > 0 && (digits == rest.size() || !(is_digit(rest[digits]) || is_letter(rest[digits])));
    if (whole) return value;
  }
  return -1;
}

}  // namespace

std::vector<MeasuredLine> measured_lines(std::string_view log) {
  const auto lines = lines_of(log);
  const auto program = program_lines(lines);
  std::vector<MeasuredLine> out;
  for (size_t i = 0; i < lines.size(); ++i)
    if (!program[i] && !reads_like_code(lines[i]) && is_measurement(lines[i]))
      out.push_back({static_cast<int64_t>(i + 1), sha256_hex(lines[i]).substr(0, 16), printable(lines[i])});
  return out;
}

RepeatedLines repeated_lines(const std::vector<MeasuredLine>& a, const std::vector<MeasuredLine>& b) {
  std::unordered_map<std::string_view, int64_t> there;
  for (const MeasuredLine& line : b) there.emplace(line.fingerprint, line.line);
  RepeatedLines out;
  out.measurements = static_cast<int64_t>(a.size());
  for (const MeasuredLine& line : a)
    if (const auto found = there.find(line.fingerprint); found != there.end())
      out.lines.emplace_back(line, found->second);
  return out;
}

std::string name_lines(const RepeatedLines& repeated) {
  constexpr size_t kNamed = 3;
  std::vector<std::string> out;
  for (const auto& [line, there] : repeated.lines) {
    if (line.line == 0) return "";
    if (out.size() == kNamed) break;
    out.push_back(
        fmt::format("line {} (there {}){}", line.line, there, line.text.empty() ? "" : " '" + line.text + "'"));
  }
  return fmt::format("{}{}", fmt::join(out, ", "), repeated.lines.size() > kNamed ? ", ..." : "");
}

LogFacts log_facts(std::string_view log) {
  const auto lines = lines_of(log);
  const auto program = program_lines(lines);
  LogFacts out;
  const auto note = [](int64_t& fact, int64_t value) {
    if (fact < 0) fact = value;
  };
  for (size_t i = 0; i < lines.size(); ++i) {
    if (program[i] || reads_like_code(lines[i])) continue;
    note(out.seed, number_after(lines[i], "seed:"));
    note(out.world_size, number_after(lines[i], "world_size:"));
    note(out.train_shards, number_after(lines[i], "train_shards:"));
  }
  return out;
}

}  // namespace pgolf
