#include "harness/diff/curve_diff.h"

#include <gmock/gmock.h>

#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

PublishedTraining printed(const std::vector<std::pair<int64_t, double>>& losses, int64_t steps) {
  PublishedTraining out;
  out.log = "train.log", out.seed = 42, out.stop_step = steps;
  for (const auto& [step, loss] : losses) out.rows.push_back({step, {}, loss, {}});
  return out;
}

std::vector<CurvePoint> curve(int64_t steps, const std::function<double(int64_t)>& loss) {
  std::vector<CurvePoint> out;
  for (int64_t s = 1; s <= steps; ++s) out.push_back({s, {}, loss(s)});
  return out;
}

TEST(CurveFit, TellsTheGreatestDifferenceAndWhereItBegins) {
  const PublishedTraining log = printed({{1, 7}, {10, 5}, {500, 4}, {1000, 3}}, 1000);
  const auto loss = [](int64_t s) { return s == 10 ? 5.04 : s == 500 ? 4.06 : s == 1000 ? 3.0 : 7.0; };
  const CurveFit fit = fit_curve("run", curve(1000, loss), log, 1000);
  EXPECT_EQ(fit.pairs.size(), 4u);
  EXPECT_FALSE(fit.resampled_from);
  EXPECT_EQ(fit.greatest()->published_step, 500);
  EXPECT_NEAR(fit.greatest()->relative(), 0.015, 1e-12);
  EXPECT_EQ(fit.first_beyond(0.01)->published_step, 500);
  EXPECT_EQ(fit.first_beyond(0.02), nullptr);
  EXPECT_TRUE(fit.lies_on());
  const Json json = curve_fit_to_json(fit);
  EXPECT_EQ(json.at("points"), 4);
  EXPECT_NEAR(json.at("greatest").at("difference").get<double>(), 0.06, 1e-12);
  EXPECT_TRUE(json.at("first_beyond_2_percent").is_null());
  EXPECT_THAT(curve_fit_to_text(fit), HasSubstr("first beyond 2 %     none"));

  const auto early = [](int64_t s) { return s == 10 ? 5.06 : s == 500 ? 4.0 : s == 1000 ? 3.0 : 7.0; };
  EXPECT_FALSE(fit_curve("run", curve(1000, early), log, 1000).lies_on());  // 1.2 % is too much at step 10
  const auto nan = [](int64_t s) { return s == 1000 ? std::nan("") : s == 10 ? 5.0 : s == 500 ? 4.0 : 7.0; };
  EXPECT_FALSE(fit_curve("run", curve(1000, nan), log, 1000).lies_on());
  EXPECT_EQ(fit_curve("run", curve(1000, nan), log, 1000).first_beyond(0.02)->published_step, 1000);
}

TEST(CurveFit, ComparesAsFarAsTheRunGoes) {
  const PublishedTraining log = printed({{1, 7}, {10, 5}, {500, 4}}, 1000);
  EXPECT_EQ(fit_curve("run", curve(80, [](int64_t) { return 5.0; }), log, {}).pairs.size(), 2u);
  EXPECT_THAT(error_of([&] { fit_curve("run", {}, log, {}); }).what(), HasSubstr("none of its 0 steps"));
}

TEST(CurveFit, AResampledRunIsComparedAtEqualFractions) {
  const PublishedTraining log = printed({{1, 7}, {2, 6.9}, {3, 6.8}, {501, 4}, {901, 3}}, 1000);
  const CurveFit fit =
      fit_curve("run", curve(10, [](int64_t s) { return 8.0 - 0.5 * static_cast<double>(s); }), log, 10);
  ASSERT_EQ(fit.pairs.size(), 3u);  // steps 2 and 3 are none of ten
  EXPECT_EQ(fit.resampled_from, 1000);
  EXPECT_EQ(fit.pairs[0].published_step, 1);
  EXPECT_EQ(fit.pairs[1].run_step, 6);
  EXPECT_EQ(fit.pairs[2].run_step, 10);
  EXPECT_EQ(fit.pairs[2].run, 3.0);
  EXPECT_THAT(curve_fit_to_text(fit), HasSubstr("resampled from 1000 steps to 10: compared at equal fractions"));
  EXPECT_EQ(curve_fit_to_json(fit).at("resampled").at("from"), 1000);
}

}  // namespace
}  // namespace pgolf
