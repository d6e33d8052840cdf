// Trainings that end by the clock, repeated without one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/core/parallel.h"
#include "tests/engine/train/train_fixture.h"

namespace pgolf {
namespace {

class ReplayOf : public testing::TestWithParam<const char*> {};

// Rate, QAT, depth recurrence, averages and the end all follow the clock here.
Config timed_training(const char* pr) {
  Config config = short_training(pr);
  if (config.qat.start == QatStart::fraction) config = with_late_qat(config);  // PR 754; PR 849 has its penalty
  config.train.iterations = 1000;
  config.train.max_wallclock_seconds = 0.4;
  config.train.log_every = 3;
  config.schedule.step0_ms = 1;
  return config;
}

TEST_P(ReplayOf, SameWeightsWhateverTheClockAndTheThreads) {
  const Config config = timed_training(GetParam());
  TrainFixture first(config);
  set_num_threads(1);
  const std::vector<float> weights = first.train();
  const auto recorded = first.steps();
  for (const int threads : {1, 2}) {
    set_num_threads(threads);
    TrainFixture again(config);
    again.follow(first);
    EXPECT_EQ(again.train(), weights) << threads << " threads";
    const auto steps = again.steps();
    ASSERT_EQ(steps.size(), recorded.size());
    for (size_t i = 0; i < steps.size(); ++i) {
      EXPECT_EQ(steps[i].elapsed_ms, recorded[i].elapsed_ms);
      EXPECT_EQ(steps[i].lr_scale, recorded[i].lr_scale);
      EXPECT_EQ(steps[i].switches, recorded[i].switches);
      EXPECT_EQ(steps[i].train_loss, recorded[i].train_loss);
    }
  }
  EXPECT_FALSE(recorded.empty());
  EXPECT_LT(recorded.size(), 1000u);
}

// Times that would have switched or ended elsewhere cannot be followed.
TEST_P(ReplayOf, AScheduleOfAnotherBuildIsRefused) {
  const Config config = timed_training(GetParam());
  TrainFixture first(config), again(config);
  first.train();
  again.follow(first);
  PhaseOptions options = again.options();
  options.schedule->train.pop_back();
  try {
    run_train(options);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::submission);
    EXPECT_THAT(e.what(), testing::HasSubstr("steps are missing"));
  }
}

INSTANTIATE_TEST_SUITE_P(Submissions, ReplayOf, testing::Values("334", "754", "849", "2143", "2097"));

}  // namespace
}  // namespace pgolf
