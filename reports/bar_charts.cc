#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/units.h"
#include "reports/charts.h"
#include "reports/scale.h"
#include "reports/svg.h"

namespace pgolf {
namespace {

constexpr double kWidth = 1020, kRow = 34, kBar = 18, kTop = 12, kBottom = 44;

std::string percent(double part, double whole) {
  if (!(whole > 0)) return "";
  const double p = 100 * part / whole;
  return fmt::format("{:.{}f} %", p, p < 9.95 ? 1 : 0);
}

double widest(const std::vector<std::string>& texts) {
  double out = 0;
  for (const auto& text : texts) out = std::max(out, 1.1 * text_width(text));  // some are bold
  return out;
}

void draw_axis(Svg& svg, const Scale& x, double y, const std::string& label) {
  const auto ticks = nice_ticks(x.range, 6);
  const auto names = tick_labels(ticks);
  for (size_t i = 0; i < ticks.size(); ++i) {
    svg.line(x(ticks[i]), kTop, x(ticks[i]), y + 4, "grid");
    svg.text(x(ticks[i]), y + 18, names[i], "tick", Anchor::middle);
  }
  svg.line(x.from, y, x.to, y, "axis");
  svg.text((x.from + x.to) / 2, y + 36, label, "label", Anchor::middle);
}

}  // namespace

std::string phase_chart(const std::vector<PhaseBar>& phases) {
  std::vector<std::string> names, notes;
  double longest = 0, limit = 0;
  for (const auto& p : phases) {
    const double counted = p.counted_ms.value_or(p.wall_ms);
    names.push_back(p.name);
    notes.push_back(p.limit_ms ? fmt::format("{}, {} of {}", display_value(counted, "ms"),
                                             percent(counted, *p.limit_ms), display_value(*p.limit_ms, "ms"))
                               : display_value(p.wall_ms, "ms"));
    longest = std::max({longest, p.wall_ms, counted});
    limit = std::max(limit, p.limit_ms.value_or(0));
  }
  const double bottom = kTop + kRow * static_cast<double>(phases.size());
  Svg svg(kWidth, bottom + kBottom, "Time of each phase against its limit");
  if (phases.empty()) return svg.finish();
  const bool limit_shown = limit > 0 && limit < 8 * longest;
  const double end = std::max(longest * 1.02, limit_shown ? limit * 1.02 : 0.0);
  const auto unit = time_unit(end);
  const Scale x{{0, end > 0 ? end / unit.ms : 1}, widest(names) + 16, kWidth - widest(notes) - 16};
  draw_axis(svg, x, bottom, "wall time, " + unit.name);
  for (size_t i = 0; i < phases.size(); ++i) {
    const auto& p = phases[i];
    const double y = kTop + kRow * static_cast<double>(i) + (kRow - kBar) / 2, middle = y + kBar / 2 + 4;
    svg.text(x.from - 8, middle, p.name, "tick", Anchor::end);
    const bool over = p.limit_ms && p.counted_ms.value_or(p.wall_ms) > *p.limit_ms;
    svg.rect(x.from, y, x(p.wall_ms / unit.ms) - x.from, kBar, "bar soft",
             fmt::format("{}: whole process {}", p.name, display_value(p.wall_ms, "ms")));
    if (p.counted_ms)
      svg.rect(x.from, y, x(*p.counted_ms / unit.ms) - x.from, kBar, over ? "bar over" : "bar",
               fmt::format("{}: counted {}", p.name, display_value(*p.counted_ms, "ms")));
    if (p.limit_ms && limit_shown)
      svg.line(x(*p.limit_ms / unit.ms), y - 5, x(*p.limit_ms / unit.ms), y + kBar + 5, "limit");
    svg.text(x.to + 10, middle, notes[i], over ? "tick over" : "tick");
  }
  return svg.finish();
}

std::string byte_chart(const std::vector<ByteRow>& rows, int64_t limit_bytes) {
  std::vector<std::string> names{"total"}, notes;
  int64_t total = 0;
  for (const auto& row : rows) total += row.bytes;
  for (const auto& row : rows) {
    names.push_back(row.name);
    notes.push_back(fmt::format("{} ({})", with_commas(row.bytes),
                                percent(static_cast<double>(row.bytes), static_cast<double>(total))));
  }
  const auto whole = static_cast<double>(total), limit = static_cast<double>(limit_bytes);
  notes.push_back(limit_bytes > 0 ? fmt::format("{} ({} of limit)", with_commas(total), percent(whole, limit))
                                  : with_commas(total));
  const double bottom = kTop + kRow * static_cast<double>(rows.size() + 1);
  Svg svg(kWidth, bottom + kBottom, "Where the bytes of the artifact go");
  if (total <= 0) return svg.finish();
  const bool limit_shown = limit > 0 && limit < 3 * whole;
  const Scale x{
      {0, std::max(whole, limit_shown ? limit : 0.0) * 1.02}, widest(names) + 16, kWidth - widest(notes) - 16};
  draw_axis(svg, x, bottom, "bytes");
  double start = 0;
  const auto row_y = [](size_t i) { return kTop + kRow * static_cast<double>(i) + (kRow - kBar) / 2; };
  for (size_t i = 0; i < rows.size(); ++i) {
    const double y = row_y(i), end = start + static_cast<double>(rows[i].bytes);
    svg.text(x.from - 8, y + kBar / 2 + 4, rows[i].name, "tick", Anchor::end);
    svg.rect(x(start), y, std::max(1.0, x(end) - x(start)), kBar, rows[i].code ? "bar code" : "bar",
             fmt::format("{}: {} bytes", rows[i].name, with_commas(rows[i].bytes)));
    svg.line(x(end), y + kBar, x(end), row_y(i + 1), "link");
    svg.text(x.to + 10, y + kBar / 2 + 4, notes[i], "tick");
    start = end;
  }
  const double y = row_y(rows.size());
  const bool over = limit > 0 && whole > limit;
  svg.text(x.from - 8, y + kBar / 2 + 4, "total", "tick strong", Anchor::end);
  svg.rect(x.from, y, x(whole) - x.from, kBar, over ? "bar over" : "bar soft");
  svg.text(x.to + 10, y + kBar / 2 + 4, notes.back(), over ? "tick strong over" : "tick strong");
  if (limit_shown) svg.line(x(limit), kTop, x(limit), bottom, "limit");
  return svg.finish();
}

std::string spread_chart(const std::vector<SpreadRow>& rows, const std::string& x_label) {
  std::vector<std::string> names, notes;
  std::vector<double> all;
  for (const auto& row : rows) {
    names.push_back(row.name);
    notes.push_back(row.values.size() == 1 ? fmt::format("{:.5f}, n = 1", row.values[0])
                    : row.mean             ? fmt::format("mean {:.5f}, n = {}", *row.mean, row.values.size())
                                           : fmt::format("n = {}", row.values.size()));
    all.insert(all.end(), row.values.begin(), row.values.end());
    for (const auto& v : {row.low, row.high})
      if (v) all.push_back(*v);
  }
  const double bottom = kTop + kRow * static_cast<double>(rows.size());
  Svg svg(kWidth, bottom + kBottom, "Spread over seeds");
  if (all.empty()) return svg.finish();
  Range range = range_of(all);
  const double margin = 0.06 * (range.high - range.low);
  range = {range.low - margin, range.high + margin};
  const Scale x{range, widest(names) + 16, kWidth - widest(notes) - 16};
  draw_axis(svg, x, bottom, x_label);
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    const double y = kTop + kRow * (static_cast<double>(i) + 0.5);
    const int color = static_cast<int>(i % 6) + 1;
    svg.text(x.from - 8, y + 4, row.name, "tick", Anchor::end);
    if (row.low && row.high) svg.line(x(*row.low), y, x(*row.high), y, fmt::format("whisker s{}", color));
    if (row.mean && row.values.size() > 1)
      svg.line(x(*row.mean), y - 10, x(*row.mean), y + 10, fmt::format("mean s{}", color));
    for (const double v : row.values)
      if (std::isfinite(v))
        svg.circle(x(v), y, 4, fmt::format("dot f{}", color), fmt::format("{}: {:.6f}", row.name, v));
    svg.text(x.to + 10, y + 4, notes[i], "tick");
  }
  return svg.finish();
}

}  // namespace pgolf
