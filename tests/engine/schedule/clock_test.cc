#include "engine/schedule/clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

// One second of training whose rate, QAT and looping all follow the clock.
Config timed_config() {
  Config c;
  c.train.max_wallclock_seconds = 1;
  c.train.iterations = 1000;
  c.schedule.warmdown_iters = 4;
  c.schedule.loop_at_fraction = 0.3;
  c.model.num_loops = 1;
  c.qat.scope = QatScope::all_linears;
  c.qat.crown_q_lambda = 0.01;
  c.qat.start_at = 0.6;
  return c;
}

// What a training with steps of these lengths records.
Schedule recorded(const Config& config, const std::vector<double>& step_ms) {
  Schedule out{.replay_of = "run", .config_sha256 = "", .train = {}, .eval = {}};
  StepPlan plan;
  double now = 0;
  for (const double ms : step_ms) {
    plan = plan_step(config, static_cast<int64_t>(out.train.size()), now, plan);
    out.train.push_back({now += ms, plan.lr_scale, switches_of(plan)});
  }
  return out;
}

std::string refusal(const Config& config, const Schedule& schedule) {
  try {
    TrainingClock(config, schedule);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::submission);
    return e.what();
  }
  return "";
}

const std::vector<double> kSteps = {130.25, 90.125, 110.7, 95.3, 140.9, 99.1, 101.3, 120.2, 88.8, 97.4};  // 1074 ms

TEST(TrainingClock, ReadsWhatWasRecorded) {
  const Config config = timed_config();
  const Schedule schedule = recorded(config, kSteps);
  EXPECT_EQ(schedule.train.front().switches, std::vector<std::string>{});
  EXPECT_EQ(schedule.train.back().switches, (std::vector<std::string>{"qat", "crown_q", "looping"}));
  EXPECT_LT(schedule.train.back().lr_scale, 0.1);
  const TrainingClock clock(config, schedule);
  for (size_t i = 0; i < kSteps.size(); ++i)
    EXPECT_EQ(clock.after_step(static_cast<int64_t>(i) + 1), schedule.train[i].elapsed_ms);
}

// Ten steps of a published training in five: every second reading, and the rates and switches at the same fractions.
TEST(TrainingClock, ResamplesAPublishedClock) {
  Config config = timed_config();
  const Schedule whole = recorded(config, kSteps);
  config.train.iterations = 5;
  std::vector<double> after_ms;
  for (size_t i = 1; i < kSteps.size(); i += 2) after_ms.push_back(whole.train[i].elapsed_ms);
  Schedule few{.replay_of = "", .config_sha256 = "", .train = {}, .eval = {}};
  few.published = {"train.log", "ab", 1337, 10};
  few.train = planned_steps(config, after_ms, 2);
  const TrainingClock clock(config, few);
  EXPECT_EQ(clock.position(3), 6);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(clock.after_step(static_cast<int64_t>(i) + 1), after_ms[i]);
    EXPECT_EQ(few.train[i].lr_scale, whole.train[2 * i].lr_scale) << i;
    EXPECT_EQ(few.train[i].switches, whole.train[2 * i].switches) << i;
  }
  few.published->steps = 11;
  EXPECT_THAT(refusal(config, few), HasSubstr("the schedule of log train.log has rate scale"));
  config.train.iterations = 4;
  EXPECT_THAT(refusal(config, few), HasSubstr("is resampled to 5 steps, the configuration trains 4"));
}

TEST(TrainingClock, IsTheMachinesWithoutARecording) {
  TrainingClock clock;
  clock.start();
  const double first = clock.after_step(1), second = clock.after_step(2);
  EXPECT_GE(first, 0);
  EXPECT_GE(second, first);
  EXPECT_LT(second, 60'000);
}

TEST(TrainingClock, RefusesASchedulesOfAnotherTraining) {
  const Config config = timed_config();
  Schedule whole = recorded(config, kSteps);

  Schedule cut = whole;
  cut.train.pop_back();
  EXPECT_THAT(refusal(config, cut), HasSubstr("ends at step 9 of a training that was not over"));

  Schedule longer = whole;
  longer.train.push_back({1100, 0, {"qat", "crown_q", "looping"}});
  EXPECT_THAT(refusal(config, longer), HasSubstr("has 11 steps, but by its own times training ended after 10"));

  Schedule rate = whole;
  rate.train[7].lr_scale *= 1.0000001;
  EXPECT_THAT(refusal(config, rate), HasSubstr("at step 8"));

  Schedule time = whole;
  time.train[6].elapsed_ms += 0.001;  // the rate of the step after follows
  EXPECT_THAT(refusal(config, time), HasSubstr("at step 8"));

  Schedule switched = whole;
  switched.train[9].switches = {"qat"};
  EXPECT_THAT(refusal(config, switched), HasSubstr("[qat] at step 10"));

  Schedule back = whole;
  back.train[1].elapsed_ms = 100;
  EXPECT_THAT(refusal(config, back), HasSubstr("back in time at step 2"));

  Config steps = config;  // by the number of steps alone
  steps.train.max_wallclock_seconds = 0, steps.train.iterations = 3;
  EXPECT_EQ(refusal(steps, recorded(steps, {1, 2, 3})), "");
  EXPECT_THAT(refusal(steps, recorded(steps, {1, 2})), HasSubstr("ends at step 2"));
}

}  // namespace
}  // namespace pgolf
