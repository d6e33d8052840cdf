#include "judge/claims/log_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>

#include "base/sha256.h"
#include "judge/claims/printed_values.h"

namespace pgolf {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// Names of settings, which agree between honest seeds.
bool is_setting(std::string_view name) {
  for (const auto* word : {"lr", "scale", "wd", "decay", "beta", "mom", "eps", "lambda", "frac", "temp", "clip", "std"})
    if (has(name, word)) return true;
  return false;
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

}  // namespace

std::vector<MeasuredLine> measured_lines(const LogText& log) {
  const auto& lines = log.lines;
  std::vector<MeasuredLine> out;
  for (size_t i = 0; i < lines.size(); ++i)
    if (!log.program[i] && !reads_like_code(lines[i]) && is_measurement(lines[i]))
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

LogFacts log_facts(const LogText& log) {
  LogFacts out;
  const auto note = [](int64_t& fact, const PrintedValue& value) {
    if (fact < 0) fact = integer_of(value.text).value_or(-1);
  };
  for (const PrintedValue& value : printed_values(log)) {
    if (value.key == "seed") note(out.seed, value);
    if (value.key == "world_size") note(out.world_size, value);
    if (value.key == "train_shards") note(out.train_shards, value);
  }
  return out;
}

}  // namespace pgolf
