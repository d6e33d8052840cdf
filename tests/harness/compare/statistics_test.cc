// Known values are SciPy 1.17.1's: ttest_ind(equal_var=False, alternative='greater'), t.ppf, nct.sf with brentq.
#include "harness/compare/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pgolf {
namespace {

const std::vector<double> kA{1.0712, 1.0698, 1.0705}, kB{1.0801, 1.0776, 1.0790};

TEST(Statistics, Summary) {
  const Sample s = summarize(kA);
  EXPECT_EQ(s.n, 3);
  EXPECT_NEAR(s.mean, 1.0705, 1e-15);
  EXPECT_NEAR(s.sd, 0.0007, 1e-12);
  EXPECT_EQ(summarize({0.1, 0.1, 0.1}).sd, 0);  // a sum of tenths is no sum of tenths
  EXPECT_EQ(summarize({0.1, 0.1, 0.1}).mean, 0.1);
  EXPECT_EQ(summarize({2.5}).sd, 0);
}

TEST(Statistics, WelchEqualSizes) {
  const auto test = welch(summarize(kA), summarize(kB));
  ASSERT_TRUE(test);
  EXPECT_NEAR(test->difference, 0.0084, 1e-14);
  EXPECT_NEAR(test->standard_error, 0.000828653526310424, 1e-15);
  EXPECT_NEAR(test->df, 3.137597042513533, 1e-10);
  EXPECT_NEAR(test->t(0), 10.136926632534738, 1e-9);
  EXPECT_NEAR(test->p_greater(0), 0.0008413019367399045, 1e-12);
  EXPECT_NEAR(test->p_greater(0.005), 0.012014473717999226, 1e-11);
  EXPECT_NEAR(test->p_less(0.005), 0.9879855262820008, 1e-11);
  const Interval i = test->interval(0.01);
  EXPECT_NEAR(i.low, 0.004766134292888417, 1e-12);
  EXPECT_NEAR(i.high, 0.01203386570711151, 1e-12);
}

TEST(Statistics, WelchUnequalSizes) {
  const auto test = welch(summarize({2.01, 2.05, 2.03, 2.08, 1.99}), summarize({2.10, 2.04, 2.15}));
  ASSERT_TRUE(test);
  EXPECT_NEAR(test->t(0), 1.825321579025343, 1e-10);
  EXPECT_NEAR(test->df, 2.99455074610067, 1e-10);
  EXPECT_NEAR(test->p_greater(0), 0.08280353872637242, 1e-11);
}

TEST(Statistics, MeanInterval) {
  const auto i = mean_interval(summarize(kA), 0.025);
  ASSERT_TRUE(i);
  EXPECT_NEAR(i->low, 1.068761103601775, 1e-12);
  EXPECT_NEAR(i->high, 1.072238896398225, 1e-12);
  EXPECT_FALSE(mean_interval(summarize({1.0}), 0.025));
}

TEST(Statistics, PowerOfASample) {
  const auto detectable = detectable_difference(summarize(kA), summarize(kB), 0.01, 0.8);
  ASSERT_TRUE(detectable);
  EXPECT_NEAR(*detectable, 0.004700586217053758, 1e-9);
  EXPECT_EQ(runs_needed(1, 1, 1, 0.05, 0.8), 14);
  EXPECT_EQ(runs_needed(0.002, 0.001, 0.005, 0.01, 0.8), 5);
  EXPECT_EQ(runs_needed(0.002, 0.002, 0.0005, 0.01, 0.8), 323);
  EXPECT_EQ(runs_needed(1, 1, 2, 0.01, 0.9), 9);
  EXPECT_EQ(runs_needed(1, 1, 1e-6, 0.01, 0.8), std::nullopt);
  EXPECT_EQ(runs_needed(1, 1, 0, 0.01, 0.8), std::nullopt);
}

TEST(Statistics, WhatCannotBeTested) {
  EXPECT_FALSE(welch(summarize({1.0}), summarize(kB)));
  EXPECT_FALSE(welch(summarize({1.0, 1.0}), summarize({2.0, 2.0})));
  EXPECT_FALSE(detectable_difference(summarize({1.0}), summarize(kB), 0.01, 0.8));
  const auto one_sided = welch(summarize({1.0, 1.0, 1.0}), summarize({1.0, 1.1, 1.2}));
  ASSERT_TRUE(one_sided);
  EXPECT_NEAR(one_sided->df, 2, 1e-12);                   // the whole spread is the second sample's
  EXPECT_FALSE(welch({2, 1e308, 1e308}, {2, 0, 1e308}));  // overflows
}

// SciPy: ttest_rel(b, a); t.interval(0.95, 2, ...).
TEST(Statistics, PairedDifferences) {
  const Paired p = paired(kA, kB, 0.025);
  EXPECT_NEAR(p.differences.mean, 0.0084, 1e-14);
  EXPECT_NEAR(p.differences.sd, 0.0005567764362831602, 1e-15);
  ASSERT_TRUE(p.interval && p.p_two_sided);
  EXPECT_NEAR(p.interval->low, 0.0084 - 4.302652729749464 * 0.0005567764362831602 / std::sqrt(3.0), 1e-12);
  EXPECT_NEAR(*p.p_two_sided, 0.0014612654816595905, 1e-12);
  EXPECT_FALSE(paired({1.0}, {2.0}, 0.025).interval);
  EXPECT_FALSE(paired({1.0, 2.0}, {2.0, 3.0}, 0.025).p_two_sided);  // no variance
  EXPECT_THROW(paired({1.0}, {}, 0.025), std::logic_error);
}

// statsmodels: multipletests([0.01, 0.04, 0.03, 0.005], method="holm").
TEST(Statistics, HolmsCorrection) {
  const auto p = holm({0.01, 0.04, 0.03, 0.005});
  const std::vector<double> expected = {0.03, 0.06, 0.06, 0.02};
  for (size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(p[i], expected[i], 1e-15) << i;
  EXPECT_TRUE(holm({}).empty());
  EXPECT_EQ(holm({0.9, 0.8}).front(), 1.0);
}

}  // namespace
}  // namespace pgolf
