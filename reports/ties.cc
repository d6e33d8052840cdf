#include "reports/ties.h"

#include <cmath>

namespace pgolf {

Spread spread_of(const std::vector<double>& values) {
  Spread out{values.size(), 0, std::nullopt};
  const auto n = static_cast<double>(values.size());
  double squares = 0;
  for (const double v : values) out.mean += v / n;
  for (const double v : values) squares += (v - out.mean) * (v - out.mean);
  if (values.size() > 1) out.deviation = std::sqrt(squares / (n - 1));
  return out;
}

bool tied(const Spread& a, const Spread& b) {
  const double difference = std::abs(a.mean - b.mean);
  if (!a.deviation && !b.deviation) return difference < 5e-5;
  const auto variance = [](const Spread& one, const Spread& other) {
    const double s = one.deviation ? *one.deviation : *other.deviation;
    return s * s / static_cast<double>(one.n);
  };
  return difference <= 2 * std::sqrt(variance(a, b) + variance(b, a));
}

}  // namespace pgolf
