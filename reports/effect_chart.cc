#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/charts.h"
#include "reports/scale.h"
#include "reports/svg.h"

namespace pgolf {

std::string effect_chart(const std::vector<EffectRow>& rows, const std::string& x_label) {
  constexpr double kWidth = 1020, kTop = 26, kRow = 30, kBottom = 52;
  double widest = 60, reach = 0;
  for (const EffectRow& row : rows) {
    widest = std::max(widest, text_width(row.name));
    for (const auto& v : {row.gain, row.low, row.high})
      if (v && std::isfinite(*v)) reach = std::max(reach, std::abs(*v));
  }
  const double bottom = kTop + kRow * static_cast<double>(rows.size());
  Svg svg(kWidth, bottom + kBottom, "Gain of each technique");
  if (!(reach > 0)) reach = 1e-6;
  const Scale x{{-1.08 * reach, 1.08 * reach}, widest + 16, kWidth - 130};
  const auto ticks = nice_ticks(x.range, 8);
  const auto names = tick_labels(ticks);
  for (size_t i = 0; i < ticks.size(); ++i) {
    svg.line(x(ticks[i]), kTop, x(ticks[i]), bottom + 4, ticks[i] == 0 ? "axis" : "grid");
    svg.text(x(ticks[i]), bottom + 18, ticks[i] > 0 ? "+" + names[i] : names[i], "tick", Anchor::middle);
  }
  svg.line(x(0), kTop, x(0), bottom, "limit");
  svg.text(x.from, 14, "hurts", "label");
  svg.text(x.to, 14, "helps", "label", Anchor::end);
  for (size_t i = 0; i < rows.size(); ++i) {
    const EffectRow& row = rows[i];
    const double y = kTop + kRow * (static_cast<double>(i) + 0.5);
    svg.text(x.from - 8, y + 4, row.name, "tick", Anchor::end);
    svg.text(x.to + 10, y + 4, row.note, "tick");
    if (!row.gain) continue;
    const int color = row.shown ? 1 : 3;
    if (row.low && row.high) {
      svg.line(x(*row.low), y, x(*row.high), y, fmt::format("whisker s{}", color));
      for (const double end : {*row.low, *row.high})
        svg.line(x(end), y - 6, x(end), y + 6, fmt::format("whisker s{}", color));
    }
    svg.circle(x(*row.gain), y, row.shown ? 5 : 3.5, fmt::format("dot f{}", color),
               fmt::format("{}: {:+.6f}", row.name, *row.gain));
  }
  svg.text((x.from + x.to) / 2, bottom + 40, x_label, "label", Anchor::middle);
  return svg.finish();
}

}  // namespace pgolf
