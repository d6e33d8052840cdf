// Schedules against what the submissions' logs print (shared/spec/pinned: train_curve and claims of each pull request).
#include "engine/schedule/plan.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/support/golden_config.h"
#include "tests/support/tiny_config.h"

namespace pgolf {
namespace {

// Steps and times of a log, linear in between.
class Clock {
 public:
  explicit Clock(std::vector<std::pair<double, double>> points) : points_(std::move(points)) {}
  double at(int64_t step) const {
    size_t i = 1;
    while (i + 1 < points_.size() && points_[i].first < static_cast<double>(step)) ++i;
    const auto [s0, t0] = points_[i - 1];
    const auto [s1, t1] = points_[i];
    return t0 + (t1 - t0) * (static_cast<double>(step) - s0) / (s1 - s0);
  }
  // First step in [0, end) at which `holds(plan)`.
  template <class F>
  int64_t first_step(const Config& config, int64_t end, F holds) const {
    StepPlan plan;
    for (int64_t step = 0; step < end; ++step) {
      plan = plan_step(config, step, at(step), plan);
      if (holds(plan)) return step;
    }
    return end;
  }

 private:
  std::vector<std::pair<double, double>> points_;
};

const Clock kClock334({{0, 0},
                       {500, 950423},
                       {1000, 1898746},
                       {1500, 2843310},
                       {2000, 3790296},
                       {2500, 4740539},
                       {3000, 5689637},
                       {3374, 6400210}});
const Clock kClock754({{0, 0},
                       {1000, 88771},
                       {2000, 177588},
                       {3000, 266399},
                       {4000, 355305},
                       {5000, 444022},
                       {6000, 532730},
                       {6759, 600062}});
const Clock kClock849({{0, 0},
                       {1000, 101160},
                       {2000, 202661},
                       {3000, 304234},
                       {3500, 354982},
                       {4000, 405862},
                       {5000, 510204},
                       {5684, 582076}});

TEST(Schedule, Pr334ReproducesEveryLoggedScale) {
  const Config config = submission_config("334");
  // At steps with a validation the log has the clock itself: print precision.
  const std::pair<int64_t, double> exact[] = {{0, 1.0},       {500, 0.9556},  {1000, 0.7902}, {1500, 0.6254},
                                              {2000, 0.4590}, {2500, 0.2917}, {3000, 0.1249}};
  for (const auto& [step, scale] : exact)
    EXPECT_NEAR(plan_step(config, step, kClock334.at(step)).lr_scale, scale, 5.1e-5) << step;
  // In between the clock is interpolated; steps vary by about 0.1 %.
  const std::pair<int64_t, double> between[] = {
      {100, 1.0},     {200, 1.0},     {300, 1.0},     {400, 0.9889},  {600, 0.9223},  {700, 0.8890},  {800, 0.8554},
      {900, 0.8229},  {1100, 0.7574}, {1200, 0.7243}, {1300, 0.6916}, {1400, 0.6586}, {1600, 0.5922}, {1700, 0.5590},
      {1800, 0.5257}, {1900, 0.4925}, {2100, 0.4255}, {2200, 0.3922}, {2300, 0.3586}, {2400, 0.3254}, {2600, 0.2583},
      {2700, 0.2247}, {2800, 0.1916}, {2900, 0.1581}, {3100, 0.0913}, {3200, 0.0580}, {3300, 0.0246}};
  for (const auto& [step, scale] : between)
    EXPECT_NEAR(plan_step(config, step, kClock334.at(step)).lr_scale, scale, 2e-3) << step;
  EXPECT_TRUE(training_is_over(config, 3374, kClock334.at(3374)));
  EXPECT_FALSE(training_is_over(config, 3373, kClock334.at(3373)));
}

TEST(Schedule, Pr334CollectsSwaOverTheLast1197Steps) {
  const Config config = submission_config("334");
  const int64_t first = kClock334.first_step(
      config, 3374, [&](const StepPlan& plan) { return plan.lr_scale < config.average.swa_below_scale; });
  EXPECT_NEAR(static_cast<double>(3374 - first), 1197, 2);
}

TEST(Schedule, Pr754SwitchesQatAtItsLoggedStepAndScale) {
  const Config config = with_late_qat(submission_config("754"));
  const int64_t step = kClock754.first_step(config, 6759, [](const StepPlan& plan) { return plan.qat; });
  EXPECT_NEAR(static_cast<double>(step), 5744, 1);
  // Step 5744 began at most one step (88.8 ms) after 0.85 of the time.
  EXPECT_LE(plan_step(config, 5744, 0.85 * 600000 + 88.8).lr_scale, 0.28945);
  EXPECT_GE(plan_step(config, 5744, 0.85 * 600000).lr_scale, 0.28935);
  EXPECT_TRUE(training_is_over(config, 6759, 600062));
}

TEST(Schedule, Pr849PenalisesBelowHalfScaleAndReservesItsClock) {
  const Config config = submission_config("849"), rounded = with_late_qat(config);
  EXPECT_EQ(training_limit_ms(config.train), 582000);
  const auto qat = [](const StepPlan& plan) { return plan.qat; };
  const int64_t step = kClock849.first_step(config, 5684, [](const StepPlan& plan) { return plan.crown_q; });
  EXPECT_NEAR(static_cast<double>(step), 3988, 3);  // late_qat:enabled, of which the penalty alone acted
  EXPECT_EQ(kClock849.first_step(config, 5684, qat), 5684);
  EXPECT_EQ(kClock849.first_step(rounded, 5684, qat), step);
  EXPECT_TRUE(training_is_over(config, 5684, 582076));
  EXPECT_FALSE(training_is_over(config, 5684, 581999));
}

// As run the flag of PR 754 does nothing in training: docs/techniques.md.
TEST(Schedule, Pr754TrainsWithoutRounding) {
  const Config config = submission_config("754");
  const auto late = [](const StepPlan& plan) { return plan.qat || plan.crown_q; };
  EXPECT_EQ(kClock754.first_step(config, 6759, late), 6759);
  EXPECT_TRUE(config.ttt.qat);
}

TEST(Schedule, QatPenaltyAndRecurrenceStayOn) {
  const Config qat = with_late_qat(submission_config("849")), loop = submission_config("2143");
  StepPlan on;
  on.qat = on.crown_q = on.looping = true;
  EXPECT_TRUE(plan_step(qat, 10, 1000, on).qat);
  EXPECT_TRUE(plan_step(qat, 10, 1000, on).crown_q);
  EXPECT_FALSE(plan_step(qat, 10, 1000).qat);
  EXPECT_FALSE(plan_step(qat, 10, 1000).crown_q);
  EXPECT_TRUE(plan_step(loop, 10, 1000, on).looping);
  EXPECT_FALSE(plan_step(loop, 10, 1000).looping);
}

TEST(Schedule, SoftRoundingSharpensAfterTheStepThatStartsQat) {
  const Config config = with_late_qat(submission_config("849"));
  const auto at_scale = [&](double scale, const StepPlan& previous) {  // 101.5 ms a step
    const int64_t step = 4000;
    const double elapsed = 582000 / (1 + 3500 * scale / static_cast<double>(step));
    return plan_step(config, step, elapsed, previous);
  };
  const StepPlan first = at_scale(0.4, {});
  EXPECT_TRUE(first.qat);
  EXPECT_EQ(first.soft_round_alpha, 1);
  EXPECT_NEAR(at_scale(0.4, first).soft_round_alpha, 1 + 15 * 0.2, 1e-9);
}

TEST(Schedule, FractionKindStartsRecurrenceAt35Percent) {
  struct Log {
    const char* pr;
    double limit;
    int64_t loop_step;
  };
  for (const auto& [pr, limit, loop_step] : {Log{"2143", 596000, 1862}, Log{"2097", 592000, 2170}}) {
    const Config config = submission_config(pr);
    EXPECT_EQ(training_limit_ms(config.train), limit) << pr;
    EXPECT_FALSE(plan_step(config, loop_step - 1, 0.3499 * limit).looping) << pr;
    EXPECT_TRUE(plan_step(config, loop_step, 0.35 * limit).looping) << pr;
  }
  EXPECT_FALSE(plan_step(submission_config("334"), 3000, 6e6).looping);
}

TEST(Schedule, FractionKindIsFlatThenLinearDownToMinimum) {
  const Config config = submission_config("2097");
  const auto scale = [&](double fraction) { return plan_step(config, 1, fraction * 592000).lr_scale; };
  EXPECT_EQ(scale(0.149), 1);
  EXPECT_NEAR(scale(0.15), 1, 1e-12);
  EXPECT_NEAR(scale(0.575), 0.5, 1e-12);
  EXPECT_NEAR(scale(0.9), 0.1 / 0.85, 1e-12);
  EXPECT_EQ(scale(0.92), 0.1);  // (1 - 0.92) / 0.85 is below min_lr
  EXPECT_EQ(scale(1.2), 0.1);
}

TEST(Schedule, MomentumWarmsUpLinearly) {
  const Config config = submission_config("754");
  EXPECT_NEAR(plan_step(config, 0, 0).muon_momentum, 0.92, 1e-12);
  EXPECT_NEAR(plan_step(config, 750, 0).muon_momentum, 0.955, 1e-12);
  EXPECT_NEAR(plan_step(config, 1500, 0).muon_momentum, 0.99, 1e-12);
  EXPECT_NEAR(plan_step(config, 9000, 0).muon_momentum, 0.99, 1e-12);
  EXPECT_NEAR(plan_step(submission_config("334"), 250, 0).muon_momentum, 0.90, 1e-12);
}

TEST(Schedule, WithoutALimitItCountsSteps) {
  Config config = submission_config("334");
  config.train.max_wallclock_seconds = 0;
  config.train.iterations = 300;
  config.schedule.warmdown_iters = 120;
  EXPECT_EQ(plan_step(config, 179, 1e12).lr_scale, 1);
  EXPECT_NEAR(plan_step(config, 240, 1e12).lr_scale, 0.5, 1e-12);
  EXPECT_NEAR(plan_step(config, 299, 1e12).lr_scale, 1.0 / 120, 1e-12);
  EXPECT_FALSE(training_is_over(config, 299, 1e12));
  EXPECT_TRUE(training_is_over(config, 300, 0));
  config.schedule.kind = ScheduleKind::fraction;
  EXPECT_NEAR(plan_step(config, 150, 1e12).lr_scale, 0.5 / 0.85, 1e-12);
}

TEST(Schedule, TheFirstStepsOfAClockedRunAreAtFullRate) {
  for (const char* pr : {"334", "754", "849", "2143", "2097"}) {
    const Config config = submission_config(pr);
    EXPECT_EQ(plan_step(config, 0, 0).lr_scale, 1) << pr;
    EXPECT_EQ(plan_step(config, 0, 0.05).lr_scale, 1) << pr;
    EXPECT_EQ(plan_step(config, 1, 90).lr_scale, 1) << pr;
  }
}

TEST(Schedule, WarmUpRepeatsWithRecurrence) {
  for (const auto& [pr, rounds] :
       {std::pair("334", 1), std::pair("754", 1), std::pair("849", 1), std::pair("2143", 2), std::pair("2097", 2)}) {
    const Config config = submission_config(pr);
    const std::vector<StepPlan> plans = plan_warmup(config);
    ASSERT_EQ(plans.size(), static_cast<size_t>(20 * rounds)) << pr;
    for (size_t i = 0; i < plans.size(); ++i) {
      EXPECT_EQ(plans[i].lr_scale, 1);
      EXPECT_EQ(plans[i].looping, i >= 20);
      EXPECT_FALSE(plans[i].qat);
      EXPECT_EQ(plans[i].muon_momentum, plan_step(config, static_cast<int64_t>(i % 20), 0).muon_momentum);
    }
  }
}

}  // namespace
}  // namespace pgolf
