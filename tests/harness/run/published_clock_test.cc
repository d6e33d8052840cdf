// The published clocks: those of the five submissions against what their logs print, and made-up ones against schedules
// computed by the scripts' own functions (tests/data/README.md).
#include "harness/run/published_clock.h"

#include <gmock/gmock.h>

#include "base/file.h"
#include "base/json.h"
#include "engine/config/fields.h"
#include "engine/schedule/clock.h"
#include "resolve/training_log.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Submission shipped(const std::string& pr) { return load_submission(source_dir() / "submissions" / ("pr-" + pr)); }

Config as_run(const Submission& s) { return resolve(s, {}).pinned.config; }

bool has(const ScheduleStep& step, const std::string& name) {
  return std::find(step.switches.begin(), step.switches.end(), name) != step.switches.end();
}

// Updates before the first one that runs with it; -1 if none does.
int64_t switched_on(const std::vector<ScheduleStep>& steps, const std::string& name) {
  const auto it = std::find_if(steps.begin(), steps.end(), [&](const ScheduleStep& s) { return has(s, name); });
  return it == steps.end() ? -1 : it - steps.begin();
}

Schedule schedule_of(const std::string& pr, std::optional<int64_t> seed = {}, std::optional<int64_t> steps = {}) {
  const Submission s = shipped(pr);
  return published_schedule(s, resolve(s, {.seed = seed, .steps = steps, .published_clock = true}).pinned);
}

TEST(PublishedClock, TakesTheStepsOfTheLogs) {
  const std::tuple<const char*, int64_t, size_t, double> logs[] = {
      {"334", 1337, 3374, 6400210}, {"754", 1337, 6759, 600062}, {"754", 42, 6757, 600033},
      {"754", 2024, 6752, 600041},  {"849", 1337, 5684, 582076}, {"2143", 1337, 4288, 596123},
      {"2097", 42, 4919, 592067},   {"2097", 0, 4920, 592067},   {"2097", 1234, 4917, 592067}};
  for (const auto& [pr, seed, steps, stop_ms] : logs) {
    const Schedule s = schedule_of(pr, seed);
    EXPECT_EQ(s.train.size(), steps) << pr << " " << seed;
    EXPECT_EQ(s.train.back().elapsed_ms, stop_ms) << pr << " " << seed;
    EXPECT_EQ(s.published->steps, static_cast<int64_t>(steps));
    EXPECT_EQ(s.published->seed, seed);
    EXPECT_EQ(s.eval, EvalSchedule{}) << "no test-time training met a limit";
    const Submission submission = shipped(pr);
    TrainingClock(resolve(submission, {.seed = seed}).pinned.config, s);  // the engine takes it
  }
}

// Recurrence at the steps that the logs name; the penalty of 849 at late_qat:enabled.
TEST(PublishedClock, SwitchesWhereTheLogsSay) {
  EXPECT_EQ(switched_on(schedule_of("2143").train, "looping"), 1862);
  for (const int64_t seed : {42, 0, 1234}) EXPECT_EQ(switched_on(schedule_of("2097", seed).train, "looping"), 2170);
  EXPECT_EQ(switched_on(schedule_of("849").train, "crown_q"), 3988);
}

TEST(PublishedClock, RatesAreThosePrinted) {
  for (const char* pr : {"334", "754", "849"}) {
    int printed = 0;
    for (const PublishedTraining& t : load_published(shipped(pr))) {
      const Schedule s = schedule_of(pr, t.seed);
      for (const PublishedRow& row : t.rows)
        if (row.lr_scale) {
          EXPECT_NEAR(s.train.at(static_cast<size_t>(row.step - 1)).lr_scale, *row.lr_scale, 5.1e-5) << pr << row.step;
          ++printed;
        }
    }
    EXPECT_EQ(printed, std::string(pr) == "334" ? 34 : std::string(pr) == "754" ? 3 : 1) << pr;
  }
}

// A loss is printed before the device is waited for: where 754 prints both, the next step's reading is 34 ms later.
TEST(PublishedClock, RatesElsewhereFollowTheLoggedTimes) {
  for (const auto& [pr, lag] : {std::pair("754", 34.0), {"849", 0.0}, {"2143", 0.0}, {"2097", 0.0}}) {
    const Submission submission = shipped(pr);
    const PublishedTraining t = load_published(submission).front();
    const Schedule s = schedule_of(pr);
    for (const PublishedRow& row : t.rows)
      if (row.elapsed_ms && row.train_loss && row.step < t.stop_step) {
        const auto next = static_cast<size_t>(row.step);
        EXPECT_NEAR(s.train.at(next - 1).elapsed_ms, *row.elapsed_ms + lag, 1e-6) << pr << " " << row.step;
        const StepPlan plan = plan_step(as_run(submission), static_cast<double>(row.step), *row.elapsed_ms + lag);
        EXPECT_NEAR(s.train.at(next).lr_scale, plan.lr_scale, 1e-9) << pr << " " << row.step;
      }
  }
}

TEST(PublishedClock, AveragesTakeWhatTheLogsCount) {
  const Schedule s = schedule_of("334");
  EXPECT_EQ(std::count_if(s.train.begin(), s.train.end(), [](const auto& step) { return step.lr_scale < 0.4; }), 1197);
  for (const int64_t seed : {1337, 42, 2024}) {  // every 50 steps below 0.2: swa:start step:6100
    const Schedule every = schedule_of("754", seed);
    EXPECT_LT(every.train[6099].lr_scale, 0.2);
    EXPECT_GE(every.train[6049].lr_scale, 0.2);
  }
}

// At K steps the curve over the progress of the training stays: rates, momentum and recurrence at the same fractions.
TEST(PublishedClock, ResampledItKeepsItsCurve) {
  for (const char* pr : {"334", "754", "849", "2143", "2097"}) {
    const Schedule whole = schedule_of(pr), few = schedule_of(pr, {}, 100);
    const auto n = static_cast<double>(whole.train.size());
    ASSERT_EQ(few.train.size(), 100u);
    EXPECT_EQ(few.train.back().elapsed_ms, whole.train.back().elapsed_ms);
    EXPECT_EQ(few.published, whole.published);
    for (size_t i = 1; i < 100; ++i) {
      const double at = static_cast<double>(i) * n / 100;
      const auto below = static_cast<size_t>(at);
      const double high = whole.train[below].lr_scale,
                   low = whole.train[std::min(below + 1, whole.train.size() - 1)].lr_scale;
      EXPECT_LE(few.train[i].lr_scale, high + 1e-3) << pr << " " << i;
      EXPECT_GE(few.train[i].lr_scale, low - 1e-3) << pr << " " << i;
    }
  }
  EXPECT_EQ(switched_on(schedule_of("2143", {}, 100).train, "looping"), 44);    // 1862 of 4288: 43.4
  EXPECT_EQ(switched_on(schedule_of("2097", {}, 1000).train, "looping"), 442);  // 2170 of 4919: 441.1
  const Schedule more = schedule_of("2143", {}, 10000);                         // the other way round, too
  TrainingClock(resolve(shipped("2143"), {.steps = 10000, .published_clock = true}).pinned.config, more);
  EXPECT_EQ(switched_on(more.train, "looping"), 4341);  // at 1861.4 of 4288
  const Submission s = shipped("754");
  const Pinned pinned = resolve(s, {.steps = 100, .published_clock = true}).pinned;
  const TrainingClock clock(pinned.config, schedule_of("754", {}, 100));
  EXPECT_NEAR(clock.position(50), 6759 / 2.0, 1e-9);
  EXPECT_NEAR(plan_step(pinned.config, clock.position(10), 1).muon_momentum, 0.92 + 0.07 * 675.9 / 1500, 1e-9);
}

TEST(PublishedClock, ARunOnItIsAsRunAndAShorterOneIsNot) {
  const Submission s = shipped("849");
  const Pinned whole = resolve(s, {.published_clock = true}).pinned;
  EXPECT_TRUE(whole.as_run());
  EXPECT_EQ(pinned_sha256(whole), pinned_sha256(resolve(s, {}).pinned));
  const Pinned few = resolve(s, {.steps = 50, .published_clock = true}).pinned;
  EXPECT_THAT(few.overrides, ElementsAre("train.iterations=50"));
  // A profile that counts steps keeps its size and takes the published schedule.
  const Pinned demo = resolve(s, {.profile = "demo", .published_clock = true}).pinned;
  EXPECT_EQ(training_limit_ms(demo.config.train), 582000);
  EXPECT_EQ(published_schedule(s, demo).train.size(), 200u);
  // What the record keeps of it resolves to the same without the clock.
  const Pinned again = resolve(s, {.profile = "demo", .sets = demo.overrides}).pinned;
  EXPECT_EQ(pinned_sha256(again), pinned_sha256(demo));
}

TEST(PublishedClock, RefusesWhatDoesNotFit) {
  const Submission s = shipped("754");
  const PublishedTraining log = load_published(s).front();
  const auto refusal = [&](const PublishedTraining& t) {
    const Error e = error_of([&] { published_times(t, as_run(s)); });
    EXPECT_EQ(e.kind(), ErrorKind::submission);
    return std::string(e.what());
  };
  PublishedTraining cut = log;
  cut.stop_step = 6500, cut.stop_ms = 577072, cut.rows.pop_back();
  EXPECT_THAT(refusal(cut), HasSubstr("stops at step 6500 after 577072 ms, within the limit of 600000 ms"));

  const Submission looped = shipped("2097");
  PublishedTraining late = load_published(looped).front();
  late.switches["looping"] = 3000;
  EXPECT_THAT(
      error_of([&] { published_times(late, as_run(looped)); }).what(),
      HasSubstr("says that looping comes on after 3000 steps; by its times and submission.toml that is after 2131"));

  EXPECT_THAT(error_of([&] { schedule_of("849", 7); }).what(),
              HasSubstr("no published log of seed 7; there are: 1337"));
  Pinned shorter = resolve(s, {.seconds = 60}).pinned;
  EXPECT_THAT(error_of([&] { published_schedule(log, as_run(s), shorter); }).what(), HasSubstr("leave the time limit"));
  EXPECT_THAT(error_of([&] { resolve(s, {.seconds = 60, .published_clock = true}); }).what(), HasSubstr("--seconds"));

  const Submission limited = shipped("849");
  PublishedTraining met = load_published(limited).front();
  const Pinned pinned = resolve(limited, {}).pinned;
  met.ttt->limit_met = true;
  EXPECT_THAT(error_of([&] { published_schedule(met, pinned.config, pinned); }).what(),
              HasSubstr("does not say after which"));
  met.ttt.reset();
  EXPECT_FALSE(published_schedule(met, pinned.config, pinned).eval) << "unknown: the clock decides";

  // A schedule of another number of steps is not followed.
  EXPECT_THAT(error_of([&] { TrainingClock(pinned.config, schedule_of("849", {}, 100)); }).what(),
              HasSubstr("is resampled to 100 steps, the configuration trains 20000"));
  const Pinned fifty = resolve(limited, {.steps = 50, .published_clock = true}).pinned;
  EXPECT_THAT(error_of([&] { TrainingClock(fifty.config, schedule_of("849", {}, 100)); }).what(),
              HasSubstr("is resampled to 100 steps, the configuration trains 50"));
}

TEST(PublishedClock, OtherHardwareIsToldBeforeARunByTheClock) {
  const Submission eight = shipped("849"), one = shipped("334");
  const Pinned timed = resolve(eight, {}).pinned, alone = resolve(one, {}).pinned;
  EXPECT_THAT(other_hardware(eight, timed, "NVIDIA H200"),
              testing::AllOf(HasSubstr("about 1/8 of the steps"), HasSubstr("--clock published")));
  EXPECT_THAT(other_hardware(eight, timed, "NVIDIA H100 80GB HBM3"), HasSubstr("about 1/8 of the steps"));
  EXPECT_THAT(other_hardware(eight, timed, ""), HasSubstr("on the CPU: expect a small fraction"));
  EXPECT_EQ(other_hardware(one, alone, "NVIDIA H100 PCIe"), "");
  EXPECT_THAT(other_hardware(one, alone, "NVIDIA H200"), HasSubstr("another number of steps"));
  EXPECT_EQ(other_hardware(eight, resolve(eight, {.steps = 10}).pinned, ""), "");
  EXPECT_EQ(other_hardware(eight, resolve(eight, {.profile = "demo"}).pinned, ""), "");
}

// Every made-up log of the file: what the originals' own functions make of its clock, whole and resampled.
TEST(PublishedClock, MadeUpLogsGiveWhatTheOriginalsFunctionsGive) {
  const Json cases = read_json(source_dir() / "tests/data/published_clock.json");
  ASSERT_GE(cases.size(), 5u);
  for (const Json& c : cases) {
    const std::string pr = c.at("pr");
    SCOPED_TRACE(pr);
    Config config = as_run(shipped(pr));
    for (const std::string set : c.at("set")) {
      const auto equals = set.find('=');
      set_config_field(config, set.substr(0, equals), Json::parse(set.substr(equals + 1)), "test");
    }
    const TrainingLog log = parse_training_log(c.at("log").get<std::string>(), "log", config.train.batch_tokens);
    EXPECT_EQ(log.training.stop_step, c.at("stop"));
    EXPECT_EQ(Json(log.training.switches), c.at("switches"));
    for (const Json& expected : c.at("schedules")) {
      Pinned pinned;
      pinned.config = config;
      const int64_t steps = expected.at("steps");
      if (steps != log.training.stop_step) pinned.config.train.iterations = steps;
      const Schedule s = published_schedule(log.training, config, pinned);
      ASSERT_EQ(static_cast<int64_t>(s.train.size()), steps);
      for (size_t i = 0; i < s.train.size(); ++i) {
        EXPECT_NEAR(s.train[i].elapsed_ms, expected.at("elapsed_ms")[i].get<double>(), 1e-4) << i;
        EXPECT_NEAR(s.train[i].lr_scale, expected.at("lr_scale")[i].get<double>(), 1e-7) << i;
      }
      const Json& looping = expected.at("looping");
      EXPECT_EQ(switched_on(s.train, "looping"), looping.is_null() ? -1 : looping.get<int64_t>());
      TrainingClock(pinned.config, s);
    }
    // And the log, rounded as it is, tells the true rates.
    Pinned whole_pinned;
    whole_pinned.config = config;
    const Schedule whole = published_schedule(log.training, config, whole_pinned);
    for (size_t i = 0; i < whole.train.size(); ++i)
      EXPECT_NEAR(whole.train[i].lr_scale, c.at("true_lr_scale")[i].get<double>(), 0.011) << i;
  }
}

}  // namespace
}  // namespace pgolf
