// What published prints give away: implied byte counts, and lines that two logs share.
#include <cmath>
#include <numbers>
#include <unordered_set>

#include "base/error.h"
#include "base/sha256.h"
#include "harness/judge/claims.h"

namespace pgolf {
namespace {

struct Printed {
  double value = 0, half_unit = 0;  // of the last digit
};

Printed parse(const std::string& text) {
  const auto dot = text.find('.');
  check(!text.empty() && text.find_first_not_of("0123456789.") == std::string::npos, "'{}' is not a printed number",
        text);
  const auto decimals = dot == std::string::npos ? 0 : static_cast<int>(text.size() - dot - 1);
  return {std::stod(text), 0.5 * std::pow(10.0, -decimals)};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// Names of settings, which agree between honest seeds.
bool is_setting(std::string_view name) {
  for (const auto* word : {"lr", "scale", "wd", "decay", "beta", "mom", "eps", "lambda", "frac", "temp", "clip", "std"})
    if (name.find(word) != std::string_view::npos) return true;
  return false;
}

// A line with at least two numbers, one of them with four decimals or more and not a setting.
bool is_measurement(std::string_view line) {
  int numbers = 0;
  bool measured = false;
  std::string_view name;
  for (size_t i = 0; i < line.size();) {
    if (is_word(line[i])) {
      const size_t start = i;
      while (i < line.size() && (is_word(line[i]) || is_digit(line[i]))) ++i;
      name = line.substr(start, i - start);
    } else if (is_digit(line[i])) {
      while (i < line.size() && is_digit(line[i])) ++i;
      size_t decimals = 0;
      if (i < line.size() && line[i] == '.')
        for (++i; i < line.size() && is_digit(line[i]); ++i) ++decimals;
      ++numbers;
      measured |= decimals >= 4 && !is_setting(name);
    } else {
      ++i;
    }
  }
  return numbers >= 2 && measured;
}

template <class F>
void for_each_line(std::string_view text, F f) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    f(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

ByteInterval implied_bytes_per_target(const std::string& val_loss, const std::string& val_bpb) {
  const Printed loss = parse(val_loss), bpb = parse(val_bpb);
  const auto ratio = [](double l, double b) { return b > 0 ? l / (std::numbers::ln2 * b) : INFINITY; };
  return {ratio(loss.value - loss.half_unit, bpb.value + bpb.half_unit),
          ratio(loss.value + loss.half_unit, bpb.value - bpb.half_unit)};
}

std::vector<std::string> measured_lines(std::string_view log) {
  std::vector<std::string> out;
  for_each_line(log, [&](std::string_view line) {
    if (is_measurement(line)) out.push_back(sha256_hex(line).substr(0, 16));
  });
  return out;
}

RepeatedLines repeated_lines(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const std::unordered_set<std::string> there(b.begin(), b.end());
  RepeatedLines out;
  out.measurements = static_cast<int64_t>(a.size());
  for (const std::string& line : a) out.repeated += there.contains(line);
  return out;
}

}  // namespace pgolf
