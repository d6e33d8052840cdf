// The charts of the reports, each one inline SVG with axes and units.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pgolf {

struct ChartPoint {
  double x = 0, y = 0;
};

struct ChartSeries {
  std::string name;  // in the legend; "" keeps it out
  std::vector<ChartPoint> points;
  int color = 1;       // 1 to 6, of the style sheet
  bool faint = false;  // raw values behind a smoothed line
};

// Curves over one axis. With `clip_high`, the highest values (the first steps of training) may leave the frame at the
// top, so that the rest can be read; `clipped` tells whether any does.
struct LineChart {
  std::string title, x_label, y_label;
  std::vector<ChartSeries> series;
  bool clip_high = false;
  bool wide = false;  // across the page; else half of it
};
std::string line_chart(const LineChart& chart, bool* clipped = nullptr);

// At most `most` points that keep the extremes of each stretch.
std::vector<ChartPoint> thinned(const std::vector<ChartPoint>& points, size_t most);
// Centred moving average over about `share` of the points, narrower towards both ends, so that it follows the curve.
std::vector<ChartPoint> smoothed(const std::vector<ChartPoint>& points, double share);

// One phase against its limit: the whole process, and the part of it that counts.
struct PhaseBar {
  std::string name;
  double wall_ms = 0;
  std::optional<double> counted_ms, limit_ms;
};
std::string phase_chart(const std::vector<PhaseBar>& phases);

// Where the bytes go: each row begins where the one before ended.
struct ByteRow {
  std::string name;
  int64_t bytes = 0;
  bool code = false;
};
std::string byte_chart(const std::vector<ByteRow>& rows, int64_t limit_bytes);

// Values of groups (seeds of runs) with mean and interval.
struct SpreadRow {
  std::string name;
  std::vector<double> values;
  std::optional<double> mean, low, high;
};
std::string spread_chart(const std::vector<SpreadRow>& rows, const std::string& x_label);

// What a technique gains, with its interval; nothing is drawn of one that nothing is known of.
struct EffectRow {
  std::string name, note;  // note: at the right, "p = 0.012"
  std::optional<double> gain, low, high;
  bool shown = false;  // it is significant
};
std::string effect_chart(const std::vector<EffectRow>& rows, const std::string& x_label);

// The gain of one group over another, with its interval, against the margin on both sides of zero; nats per token.
struct GainInterval {
  double gain = 0, low = 0, high = 0, margin = 0;
  std::string level;  // "98 %"
};
std::string gain_chart(const GainInterval& gain);

}  // namespace pgolf
