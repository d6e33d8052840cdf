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

// Without what a launcher or a logger sets before a line: "[rank0]: ", "[3] ", "0: ", "(worker pid=7) ",
// "2026-04-01 12:00:08 | ".
std::string_view without_prefix(std::string_view line) {
  constexpr size_t kLongest = 40, kRank = 6;
  for (;;) {
    line = trimmed(line);
    size_t end = 0;
    if (line.starts_with('['))
      end = std::min(line.find(']'), line.size() - 1) + 1;
    else if (line.starts_with('('))
      end = std::min(line.find(')'), line.size() - 1) + 1;
    else if (const size_t rank = line.find(": ");
             rank < kRank && std::all_of(line.begin(), line.begin() + rank, is_digit))
      end = rank;
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

// "500/20000", "b1/782": a part of a whole; no part of a date.
bool is_fraction(std::string_view line, const NamedNumber& number) {
  const auto at = static_cast<size_t>(number.digits.data() - line.data());
  const auto before = line.substr(0, at), behind = line.substr(at + number.digits.size());
  if (before.ends_with('/')) return !number.name.empty() && before.substr(0, at - 1).ends_with(number.name);
  const auto end = std::min(behind.find_first_not_of("0123456789", 1), behind.size());
  return behind.starts_with('/') && end > 1 && !behind.substr(end).starts_with('/');
}

bool names_a_place(std::string_view name) {
  const std::string lower = lower_ascii(name);
  for (const auto* word : {"step", "steps", "iter", "iteration", "epoch", "chunk", "batch", "doc", "docs", "phase"})
    if (lower == word) return true;
  return false;
}

// From the first number that says where in the run the line stands: what is before that is a launcher's. All of them
// where none does.
std::vector<NamedNumber> measured_numbers(std::string_view line) {
  std::vector<NamedNumber> all = numbers_of(line);
  const auto first = std::find_if(all.begin(), all.end(), [&](const NamedNumber& n) {
    return is_result(n.name) || names_a_place(n.name) || is_fraction(line, n);
  });
  if (first == all.end() || is_result(first->name)) return all;
  if (!names_a_place(first->name) && !first->name.empty() && first->digits.data()[-1] != '/')
    first->name = {};  // a word of the launcher's
  all.erase(all.begin(), first);
  return all;
}

bool has_four_decimals(std::string_view text) {
  for (size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.', dot + 1))
    if (dot + 4 < text.size() && std::all_of(text.begin() + dot + 1, text.begin() + dot + 5, is_digit)) return true;
  return false;
}

// Whether two numbers at least are printed, one of them a named result with four decimals or more.
bool is_measurement(const std::vector<NamedNumber>& numbers) {
  return numbers.size() >= 2 && std::any_of(numbers.begin(), numbers.end(), [](const NamedNumber& n) {
           return has_four_decimals(n.digits) && is_result(n.name) && says_much(n.digits);
         });
}

// What a line measured, however it is spaced and framed: names and values, without zeros at the end of decimals.
std::string values_text(const std::vector<NamedNumber>& numbers) {
  std::string out;
  for (const NamedNumber& n : numbers) {
    std::string digits(n.digits);
    std::erase(digits, ',');
    if (has(digits, ".") && digits.find_first_of("eE") == std::string::npos) {
      digits.resize(digits.find_last_not_of('0') + 1);
      if (digits.ends_with('.')) digits.pop_back();
    }
    out += lower_ascii(n.name) + '=' + digits + ' ';
  }
  return out;
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
  std::unordered_set<std::string> seen;
  std::vector<MeasuredLine> out;
  for (size_t i = 0; i < log.lines.size(); ++i) {
    if (log.program[i] || !has_four_decimals(log.lines[i])) continue;
    const std::string_view line = without_prefix(log.lines[i]);
    if (reads_like_code(line)) continue;
    const std::vector<NamedNumber> numbers = measured_numbers(line);
    if (!is_measurement(numbers)) continue;
    std::string values = values_text(numbers);
    if (!seen.insert(values).second) continue;
    out.push_back({static_cast<int64_t>(i + 1), sha256_hex(values).substr(0, 16), printable(line)});
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
