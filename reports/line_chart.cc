#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/charts.h"
#include "reports/scale.h"
#include "reports/svg.h"

namespace pgolf {
namespace {

constexpr double kNarrow = 500, kWide = 1020, kHeight = 300, kTop = 52, kBottom = 46, kRight = 16;

// The frame of the values; with clipping its top is the 97th percentile.
Range value_range(const LineChart& chart, bool* clipped) {
  std::vector<double> all;
  for (const auto& series : chart.series)
    for (const auto& p : series.points)
      if (std::isfinite(p.y)) all.push_back(p.y);
  Range out = range_of(all);
  if (chart.clip_high && all.size() >= 20) {
    std::sort(all.begin(), all.end());
    const double high = all[all.size() * 97 / 100];
    if (out.high - out.low > 1.5 * (high - out.low) && high > out.low) {
      out.high = high;
      if (clipped) *clipped = true;
    }
  }
  const double margin = 0.04 * (out.high - out.low);
  return {out.low - margin, out.high + margin};
}

void draw_grid(Svg& svg, const Scale& x, const Scale& y, const LineChart& chart) {
  const auto y_ticks = nice_ticks(y.range, 6);
  const auto y_names = tick_labels(y_ticks);
  for (size_t i = 0; i < y_ticks.size(); ++i) {
    svg.line(x.from, y(y_ticks[i]), x.to, y(y_ticks[i]), "grid");
    svg.text(x.from - 6, y(y_ticks[i]) + 4, y_names[i], "tick", Anchor::end);
  }
  const auto x_ticks = nice_ticks(x.range, 6);
  const auto x_names = tick_labels(x_ticks);
  for (size_t i = 0; i < x_ticks.size(); ++i) {
    svg.line(x(x_ticks[i]), y.from, x(x_ticks[i]), y.from + 4, "axis");
    svg.text(x(x_ticks[i]), y.from + 18, x_names[i], "tick", Anchor::middle);
  }
  svg.line(x.from, y.from, x.to, y.from, "axis");
  svg.text((x.from + x.to) / 2, kHeight - 8, chart.x_label, "label", Anchor::middle);
  svg.text(4, 16, chart.y_label, "label");
}

void draw_legend(Svg& svg, const LineChart& chart, double x) {
  for (const auto& series : chart.series) {
    if (series.name.empty()) continue;
    svg.line(x, 32, x + 18, 32, fmt::format("line s{}{}", series.color, series.faint ? " faint" : ""));
    svg.text(x + 24, 36, series.name, "tick");
    x += 24 + text_width(series.name) + 16;
  }
}

}  // namespace

std::string line_chart(const LineChart& chart, bool* clipped) {
  if (clipped) *clipped = false;
  const double width = chart.wide ? kWide : kNarrow;
  Svg svg(width, kHeight, chart.title);
  std::vector<double> xs;
  size_t points = 0, named = 0;
  for (const auto& series : chart.series) {
    for (const auto& p : series.points) xs.push_back(p.x);
    points += series.points.size();
    named += !series.name.empty();
  }
  if (points == 0) {
    svg.text(width / 2, kHeight / 2, "nothing was recorded", "label", Anchor::middle);
    return svg.finish();
  }
  Scale y{value_range(chart, clipped), kHeight - kBottom, named > 1 ? kTop : kTop - 20};
  double left = 24;
  for (const auto& label : tick_labels(nice_ticks(y.range, 6))) left = std::max(left, text_width(label) + 14);
  const Scale x{range_of(xs), left, width - kRight};
  draw_grid(svg, x, y, chart);
  if (named > 1) draw_legend(svg, chart, left);
  svg.begin_clip(left, y.to - 2, x.to - left + 2, y.from - y.to + 4);
  for (const bool faint : {true, false})
    for (const auto& series : chart.series) {
      if (series.faint != faint) continue;
      std::vector<Svg::Point> line;
      for (const auto& p : thinned(series.points, 900)) line.push_back({x(p.x), y(p.y)});
      if (line.size() == 1)
        svg.circle(line[0].x, line[0].y, 3, fmt::format("f{}", series.color));
      else
        svg.path(line, fmt::format("line s{}{}", series.color, faint ? " faint" : ""));
    }
  svg.end_clip();
  return svg.finish();
}

std::vector<ChartPoint> thinned(const std::vector<ChartPoint>& points, size_t most) {
  if (points.size() <= most || most < 4) return points;
  const size_t stretches = most / 2;
  std::vector<ChartPoint> out;
  for (size_t s = 0; s < stretches; ++s) {
    const size_t begin = s * points.size() / stretches, end = (s + 1) * points.size() / stretches;
    size_t low = begin, high = begin;
    for (size_t i = begin; i < end; ++i) {
      if (!(points[i].y >= points[low].y)) low = i;  // a NaN is kept: it breaks the line where it stands
      if (!(points[i].y <= points[high].y)) high = i;
    }
    out.push_back(points[std::min(low, high)]);
    if (low != high) out.push_back(points[std::max(low, high)]);
  }
  return out;
}

std::vector<ChartPoint> smoothed(const std::vector<ChartPoint>& points, double share) {
  std::vector<ChartPoint> finite;
  for (const auto& p : points)
    if (std::isfinite(p.y)) finite.push_back(p);
  std::vector<double> sums{0};
  for (const auto& p : finite) sums.push_back(sums.back() + p.y);
  const auto reach = static_cast<size_t>(share * static_cast<double>(finite.size()) / 2);
  std::vector<ChartPoint> out;
  for (size_t i = 0; i < finite.size(); ++i) {
    const size_t half = std::min({reach, i, finite.size() - 1 - i});
    out.push_back({finite[i].x, (sums[i + half + 1] - sums[i - half]) / static_cast<double>(2 * half + 1)});
  }
  return out;
}

}  // namespace pgolf
