#include "judge/claims/log_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/ascii.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "judge/claims/line_values.h"
#include "judge/claims/printed_values.h"

namespace pgolf {
namespace {

// Names of results; other figures (settings, schedules, statistics of a table) agree between honest seeds.
bool is_result(std::string_view name) {
  const std::string lower = lower_ascii(name);
  for (const auto* word : {"lr", "scale", "decay", "beta", "eps", "lambda", "frac", "clip", "coef", "weight", "init"})
    if (has(lower, word)) return false;
  for (const auto* word : {"loss", "bpb", "bpt", "bits", "nll", "ppl", "perplexity", "accuracy"})
    if (has(lower, word)) return true;
  for (const auto* word : {"acc", "bl", "bb", "rl", "rb"})  // of a batch and running: loss, bits (#2097)
    if (lower == word) return true;
  return lower.ends_with("_acc");
}

// Without what a launcher or a logger sets before a line: "[rank0]: ", "[3] ", "2026-04-01 12:00:08 | ".
std::string_view without_prefix(std::string_view line) {
  constexpr size_t kLongest = 40;
  for (;;) {
    line = trimmed(line);
    size_t end = 0;
    if (line.starts_with('['))
      end = std::min(line.find(']'), line.size() - 1) + 1;
    else if (line.size() > 10 && is_digit(line[0]) && (line[4] == '-' || line[2] == ':'))
      end = std::min(line.find_first_not_of("0123456789-:.,TZ+ "), line.size());
    if (end == 0 || end >= line.size() || end > kLongest) return line;
    const auto next = line.find_first_not_of(":|- ", end);
    if (next == std::string_view::npos) return line;
    line.remove_prefix(next);
  }
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

// Whether a line has at least two numbers, one of them a named result with four decimals or more.
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
      measured |= named && decimals >= 4 && says_much(line.substr(start, i - start)) && is_result(name);
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
  std::unordered_set<std::string_view> seen;
  std::vector<MeasuredLine> out;
  for (size_t i = 0; i < log.lines.size(); ++i) {
    const std::string_view line = without_prefix(log.lines[i]);
    if (log.program[i] || reads_like_code(line) || !is_measurement(line) || !seen.insert(line).second) continue;
    out.push_back({static_cast<int64_t>(i + 1), sha256_hex(line).substr(0, 16), printable(line)});
  }
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

constexpr size_t kMostKinds = 16;  // of GPUs that a log names

void LogFacts::note(std::string_view key, std::string_view text) {
  const auto first = [&](int64_t& fact) {
    if (fact < 0) fact = integer_of(text).value_or(-1);
  };
  if (key == "seed") first(seed);
  if (key == "train_shards") first(train_shards);
  if (key == "world_size") first(world_size), ++trainings;
  if (key == "gpu" && (gpus.size() < kMostKinds || gpus.contains(std::string(text)))) ++gpus[std::string(text)];
}

std::string LogFacts::machine() const {
  return gpus.size() == 1 ? fmt::format("{}x {}", gpus.begin()->second, gpus.begin()->first) : "";
}

LogFacts log_facts(const LogText& log) {
  LogFacts out;
  for (const PrintedValue& value : printed_values(log)) out.note(value.key, value.text);
  return out;
}

}  // namespace pgolf
