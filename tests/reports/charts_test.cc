#include "reports/charts.h"

#include <gmock/gmock.h>

#include <cmath>

#include "reports/scale.h"
#include "reports/svg.h"

namespace pgolf {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pointwise;

size_t count_of(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++n;
  return n;
}

TEST(Scale, TicksAreRoundNumbers) {
  EXPECT_THAT(nice_ticks({0, 10}, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(nice_ticks({2.03, 2.21}, 4), Pointwise(DoubleNear(1e-12), {2.05, 2.1, 2.15, 2.2}));
  EXPECT_THAT(nice_ticks({-1, 1}, 4), ElementsAre(-1, -0.5, 0, 0.5, 1));
  EXPECT_TRUE(nice_ticks({1, 1}, 5).empty());
  EXPECT_TRUE(nice_ticks({0, NAN}, 5).empty());
}

TEST(Scale, TickLabelsTellNeighboursApart) {
  EXPECT_THAT(tick_labels({2.05, 2.1, 2.15}), ElementsAre("2.05", "2.10", "2.15"));
  EXPECT_THAT(tick_labels({0, 4'000'000, 8'000'000}), ElementsAre("0", "4M", "8M"));
  EXPECT_THAT(tick_labels({0, 500'000, 1'000'000}), ElementsAre("0", "0.5M", "1.0M"));
  EXPECT_THAT(tick_labels({20'000, 40'000}), ElementsAre("20k", "40k"));
  EXPECT_THAT(tick_labels({0, 200, 400}), ElementsAre("0", "200", "400"));
}

TEST(Scale, RangesAreNeverEmpty) {
  EXPECT_EQ(range_of({}), (Range{0, 1}));
  EXPECT_EQ(range_of({NAN, INFINITY}), (Range{0, 1}));
  EXPECT_EQ(range_of({0, 0}), (Range{-1, 1}));
  EXPECT_EQ(range_of({3, NAN, 1}), (Range{1, 3}));
}

TEST(Scale, MapsLinearly) {
  const Scale y{{2, 4}, 300, 100};
  EXPECT_DOUBLE_EQ(y(2), 300);
  EXPECT_DOUBLE_EQ(y(3), 200);
  EXPECT_DOUBLE_EQ(y(4), 100);
}

TEST(Scale, TimeIsReadInItsUnit) {
  EXPECT_EQ(time_unit(41'000).name, "s");
  EXPECT_EQ(time_unit(600'000).name, "min");
  EXPECT_EQ(time_unit(4 * 3600e3).name, "h");
}

TEST(Svg, EscapesEveryText) {
  Svg svg(10, 10, "<script>\"'&");
  svg.text(0, 0, "</text><script>alert(1)</script>");
  svg.rect(0, 0, 1, 1, "bar", "<b>\x01");
  const auto out = svg.finish();
  EXPECT_THAT(out, Not(HasSubstr("<script")));
  EXPECT_THAT(out, HasSubstr("aria-label=\"&lt;script&gt;&quot;&#39;&amp;\""));
  EXPECT_THAT(out, HasSubstr("<title>&lt;b&gt;?</title>"));
}

TEST(Charts, SmoothingKeepsAStraightLine) {
  std::vector<ChartPoint> line;
  for (int i = 0; i < 100; ++i) line.push_back({static_cast<double>(i), 3.0 - 0.01 * i});
  const auto smooth = smoothed(line, 0.2);
  ASSERT_EQ(smooth.size(), 100u);
  for (size_t i = 0; i < 100; ++i) EXPECT_NEAR(smooth[i].y, line[i].y, 1e-12) << i;
}

TEST(Charts, SmoothingAveragesAndLeavesNaNOut) {
  const auto smooth = smoothed({{0, 1}, {1, 5}, {2, NAN}, {3, 3}}, 0.9);
  ASSERT_EQ(smooth.size(), 3u);
  EXPECT_DOUBLE_EQ(smooth[0].y, 1);
  EXPECT_DOUBLE_EQ(smooth[1].y, 3);
  EXPECT_DOUBLE_EQ(smooth[2].y, 3);
}

TEST(Charts, ThinningKeepsTheExtremes) {
  std::vector<ChartPoint> points(20'000);
  for (size_t i = 0; i < points.size(); ++i) points[i] = {static_cast<double>(i), std::sin(static_cast<double>(i))};
  points[12'345].y = 9;
  points[777].y = -9;
  const auto thin = thinned(points, 600);
  EXPECT_LE(thin.size(), 600u);
  double low = 0, high = 0, last = -1;
  for (const auto& p : thin) {
    low = std::min(low, p.y), high = std::max(high, p.y);
    EXPECT_GT(p.x, last);
    last = p.x;
  }
  EXPECT_EQ(low, -9);
  EXPECT_EQ(high, 9);
}

TEST(Charts, ALineChartHasAxesWithUnits) {
  const auto svg = line_chart({"Loss", "optimizer step", "training loss, nats per token", {{"a", {{1, 7}, {100, 3}}}}});
  EXPECT_THAT(svg, HasSubstr(">optimizer step<"));
  EXPECT_THAT(svg, HasSubstr(">training loss, nats per token<"));
  EXPECT_EQ(count_of(svg, "<path"), 1u);
}

TEST(Charts, FirstStepsMayLeaveTheFrameAndItIsTold) {
  std::vector<ChartPoint> points;
  for (int i = 0; i < 1000; ++i) points.push_back({static_cast<double>(i), i < 10 ? 9.0 : 3.0 - 0.0005 * i});
  bool clipped = false;
  line_chart({"", "x", "y", {{"", points}}, true}, &clipped);
  EXPECT_TRUE(clipped);
  line_chart({"", "x", "y", {{"", points}}, false}, &clipped);
  EXPECT_FALSE(clipped);
}

TEST(Charts, NothingRecordedIsSaid) {
  EXPECT_THAT(line_chart({"", "x", "y", {}}), HasSubstr("nothing was recorded"));
  EXPECT_THAT(phase_chart({}), HasSubstr("</svg>"));
  EXPECT_THAT(byte_chart({}, 16'000'000), HasSubstr("</svg>"));
  EXPECT_THAT(spread_chart({}, "x"), HasSubstr("</svg>"));
}

TEST(Charts, APhaseOverItsLimitIsMarked) {
  const auto over = phase_chart({{"train", 6'440'210, 6'400'210, 600'000}});
  EXPECT_THAT(over, HasSubstr("bar over"));
  EXPECT_THAT(over, HasSubstr("6400.210 s, 1067 % of 600.000 s"));
  const auto within = phase_chart({{"train", 550'000, 500'000, 600'000}});
  EXPECT_THAT(within, Not(HasSubstr("over")));
  EXPECT_EQ(count_of(within, "class=\"limit\""), 1u);
  EXPECT_EQ(count_of(phase_chart({{"train", 5'000, 4'000, 600'000}}), "class=\"limit\""), 0u);  // far off the scale
}

// Zero stands in the middle of 40 to 980, the end of the axis is 1.15 times the farthest of interval and margin.
TEST(Charts, AGainStandsAgainstItsMargin) {
  const auto chart = gain_chart({0.004, -0.003, 0.011, 0.005, "98 %"});
  EXPECT_THAT(chart, HasSubstr("<circle class=\"dot f1\" cx=\"658.6\""));
  EXPECT_THAT(chart, HasSubstr("<line class=\"whisker s1\" x1=\"398.5\""));
  EXPECT_THAT(chart, HasSubstr("<line class=\"limit\" x1=\"324.2\""));
  EXPECT_THAT(chart, HasSubstr("<line class=\"limit\" x1=\"695.8\""));
  EXPECT_THAT(chart, HasSubstr("gain of A over B, nats per token"));
  EXPECT_THAT(chart, HasSubstr(">+0.010<"));
  EXPECT_THAT(gain_chart({0, 0, 0, 0, "98 %"}), HasSubstr("cx=\"510\""));
}

TEST(Charts, BytesAddUpToTheTotal) {
  const auto svg = byte_chart({{"matrices", 16'000'000}, {"scales", 132'620}, {"code", 49'461, true}}, 16'000'000);
  EXPECT_THAT(svg, HasSubstr("16,182,081 (101 % of limit)"));
  EXPECT_THAT(svg, HasSubstr("132,620 (0.8 %)"));
  EXPECT_EQ(count_of(svg, "class=\"limit\""), 1u);
}

}  // namespace
}  // namespace pgolf
