#include "judge/claims/printed.h"

#include <algorithm>
#include <cstdint>
#include <numbers>
#include <utility>

#include "base/error.h"

namespace pgolf {
namespace {

constexpr double kRounding = 1e-12;  // relative; of two quotients of doubles, by far

struct Printed {
  double low = 0, high = 0;
};

Printed parse(const std::string& text) {
  check(!text.empty() && text.find_first_not_of("0123456789.") == std::string::npos, "'{}' is not a printed number",
        text);
  const double value = std::stod(text), half_unit = 0.5 * std::pow(10.0, -decimals(text));
  return {std::max(0.0, value - half_unit), value + half_unit};
}

}  // namespace

int decimals(const std::string& printed) {
  const auto dot = printed.find('.');
  return dot == std::string::npos ? 0 : static_cast<int>(printed.size() - dot - 1);
}

bool may_be_one(const std::string& a, const std::string& b) {
  constexpr double kSlack = 1e-12;  // of decimal digits in a double
  const Printed first = parse(a), second = parse(b);
  return first.low <= second.high + kSlack && second.low <= first.high + kSlack;
}

ByteInterval implied_bytes_per_target(const std::string& val_loss, const std::string& val_bpb) {
  const Printed loss = parse(val_loss), bpb = parse(val_bpb);
  const auto ratio = [](double l, double b) { return b > 0 ? l / (std::numbers::ln2 * b) : INFINITY; };
  return {ratio(loss.low, bpb.high), ratio(loss.high, bpb.low)};
}

std::vector<double> most_shared(std::span<const ByteInterval> intervals) {
  std::vector<std::pair<double, int>> ends;  // +1 where an interval begins, -1 where it ends; beginnings first
  for (const ByteInterval& interval : intervals) {
    ends.emplace_back(interval.low * (1 - kRounding), -1);
    ends.emplace_back(interval.high * (1 + kRounding), +1);
  }
  std::sort(ends.begin(), ends.end());
  int64_t open = 0, most = 0;
  for (const auto& [at, kind] : ends) open -= kind, most = std::max(most, open);
  std::vector<double> out;
  for (size_t i = 0; i + 1 < ends.size(); ++i) {
    open -= ends[i].second;
    if (open == most && ends[i].second < 0) out.push_back((ends[i].first + ends[i + 1].first) / 2);
  }
  return out;
}

}  // namespace pgolf
