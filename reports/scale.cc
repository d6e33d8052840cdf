#include "reports/scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace pgolf {

Range range_of(const std::vector<double>& values) {
  bool any = false;
  Range out;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    out = any ? Range{std::min(out.low, v), std::max(out.high, v)} : Range{v, v};
    any = true;
  }
  if (!any) return {0, 1};
  if (out.low == out.high) {
    const double margin = out.low == 0 ? 1 : std::abs(out.low) * 0.05;
    return {out.low - margin, out.high + margin};
  }
  return out;
}

std::vector<double> nice_ticks(const Range& range, int count) {
  const double span = range.high - range.low;
  if (!(span > 0) || !std::isfinite(span) || count < 1) return {};
  const double rough = span / count;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = power;  // of 1, 2, 5 and 10 the nearest by ratio
  for (const double factor : {2.0, 5.0, 10.0})
    if (std::abs(std::log(factor * power / rough)) < std::abs(std::log(step / rough))) step = factor * power;
  std::vector<double> out;
  const double first = std::ceil(range.low / step - 1e-9);
  for (int i = 0; i < 10 * count; ++i) {
    const double tick = (first + i) * step;
    if (tick > range.high + 1e-9 * step) break;
    out.push_back(tick == 0 ? 0 : tick);  // no "-0"
  }
  return out;
}

std::vector<std::string> tick_labels(const std::vector<double>& ticks) {
  double largest = 0, step = INFINITY;
  for (size_t i = 0; i < ticks.size(); ++i) {
    largest = std::max(largest, std::abs(ticks[i]));
    if (i > 0) step = std::min(step, ticks[i] - ticks[i - 1]);
  }
  const char* prefix = "";
  double unit = 1;
  if (largest >= 1e9)
    unit = 1e9, prefix = "G";
  else if (largest >= 1e6)
    unit = 1e6, prefix = "M";
  else if (largest >= 1e4)
    unit = 1e3, prefix = "k";
  const double shown = std::isfinite(step) ? step / unit : std::max(largest / unit, 1e-9);
  const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(shown) - 1e-9)), 0, 9);
  std::vector<std::string> out;
  for (const double tick : ticks)
    out.push_back(tick == 0 ? "0" : fmt::format("{:.{}f}{}", tick / unit, decimals, prefix));
  return out;
}

TimeUnit time_unit(double longest_ms) {
  if (longest_ms >= 3 * 3600e3) return {3600e3, "h"};
  if (longest_ms >= 10 * 60e3) return {60e3, "min"};
  return {1e3, "s"};
}

}  // namespace pgolf
