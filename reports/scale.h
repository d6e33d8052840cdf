// A linear axis: from values to positions, with ticks at round numbers.
#pragma once

#include <string>
#include <vector>

namespace pgolf {

struct Range {
  double low = 0, high = 1;
  bool operator==(const Range&) const = default;
};

// The finite values' range; {0, 1} without any, widened if they are all equal.
Range range_of(const std::vector<double>& values);

// About `count` multiples of 1, 2 or 5 times a power of ten that lie in the range.
std::vector<double> nice_ticks(const Range& range, int count);

// Labels with as many decimals as tell neighbours apart: "2.50", "2.75". Large numbers carry a prefix: "1.2M".
std::vector<std::string> tick_labels(const std::vector<double>& ticks);

// Maps values onto pixels; `from` is where range.low lies and may be greater than `to`.
struct Scale {
  Range range;
  double from = 0, to = 1;
  double operator()(double value) const { return from + (value - range.low) / (range.high - range.low) * (to - from); }
};

// The unit in which a stretch of milliseconds is best read, as divisor and name: {1000, "s"}, {60000, "min"}, ...
struct TimeUnit {
  double ms = 1000;
  std::string name = "s";
};
TimeUnit time_unit(double longest_ms);

}  // namespace pgolf
