#include <fmt/format.h>

#include <algorithm>

#include "reports/charts.h"
#include "reports/scale.h"
#include "reports/svg.h"

namespace pgolf {

std::string gain_chart(const GainInterval& g) {
  constexpr double kWidth = 1020, kHeight = 138, kTop = 30, kAxis = 94, kSide = 40;
  Svg svg(kWidth, kHeight, "Gain of A over B against the margin");
  const double reach = 1.15 * std::max({std::abs(g.low), std::abs(g.high), g.margin, 1e-9});
  const Scale x{{-reach, reach}, kSide, kWidth - kSide};
  const double y = (kTop + kAxis) / 2 + 2;
  svg.rect(x(-g.margin), kTop, x(g.margin) - x(-g.margin), kAxis - kTop, "band",
           fmt::format("within {} nats", g.margin));
  const auto ticks = nice_ticks(x.range, 8);
  const auto names = tick_labels(ticks);
  for (size_t i = 0; i < ticks.size(); ++i) {
    svg.line(x(ticks[i]), kTop, x(ticks[i]), kAxis + 4, ticks[i] == 0 ? "axis" : "grid");
    svg.text(x(ticks[i]), kAxis + 18, ticks[i] > 0 ? "+" + names[i] : names[i], "tick", Anchor::middle);
  }
  svg.line(x.from, kAxis, x.to, kAxis, "axis");
  if (g.margin > 0)
    for (const double side : {-g.margin, g.margin}) svg.line(x(side), kTop, x(side), kAxis, "limit");
  svg.line(x(g.low), y, x(g.high), y, "whisker s1");
  for (const double end : {g.low, g.high}) svg.line(x(end), y - 7, x(end), y + 7, "whisker s1");
  svg.circle(x(g.gain), y, 5, "dot f1", fmt::format("gain {:+.5f} nats per token", g.gain));
  svg.text(x.from, 18, "A is worse", "label");
  svg.text(x.to, 18, "A is better", "label", Anchor::end);
  svg.text((x.from + x.to) / 2, kAxis + 38, "gain of A over B, nats per token", "label", Anchor::middle);
  return svg.finish();
}

}  // namespace pgolf
