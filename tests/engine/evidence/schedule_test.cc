#include "engine/evidence/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "base/error.h"
#include "base/file.h"
#include "tests/support/error_of.h"
#include "tests/support/temp_directory.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

class ScheduleTest : public testing::Test {
 protected:
  std::filesystem::path path() const { return directory_ / "schedule.json"; }
  static EventsFile log_of(std::initializer_list<int64_t> steps) {
    EventsFile out;
    out.header.phase = "train";
    for (const int64_t step : steps)
      out.events.push_back({step + 1, 0, StepEvent{.step = step, .lr_scale = 0.5, .elapsed_ms = 0.1 * double(step)}});
    return out;
  }

  TempDirectory directory_;
};

TEST_F(ScheduleTest, GivesBackEveryBit) {
  Schedule s{.replay_of = "run \"1\"", .config_sha256 = "ab", .train = {}, .eval = EvalSchedule{.ttt_chunks = 7}};
  double t = 0;
  for (int i = 0; i < 1000; ++i) s.train.push_back({t += 1.0 / (3 + i), 1.0 / (7 + i), {}});
  s.train.back().switches = {"qat", "looping"};
  write_schedule(path(), s);
  EXPECT_EQ(read_schedule(path(), "ab"), s);
  s.eval->ttt_chunks.reset();
  write_schedule(path(), s);
  EXPECT_EQ(read_schedule(path(), "ab"), s);
  s.eval.reset();
  write_schedule(path(), s);
  EXPECT_EQ(read_schedule(path(), "ab"), s);
  s.replay_of.clear();
  s.published = {"train.log", "cd", 1337, 5684};
  write_schedule(path(), s);
  EXPECT_EQ(read_schedule(path(), "ab"), s);
  EXPECT_EQ(s.name(), "log train.log");
}

TEST_F(ScheduleTest, TheFirstFormatHadNoPublishedClock) {
  std::ofstream(path()) << R"({"format":"pgolf.schedule/1","replay_of":"r","config_sha256":"ab","eval":null,"train":[)"
                        << R"({"elapsed_ms":1.5,"lr_scale":1.0,"switches":[]}]})";
  const Schedule read = read_schedule(path(), "ab");
  EXPECT_EQ(read.train.size(), 1u);
  EXPECT_FALSE(read.published);
  EXPECT_EQ(read.name(), "run r");
}

TEST_F(ScheduleTest, RefusesWhatIsNotItsOwn) {
  write_schedule(path(), {.replay_of = "r", .config_sha256 = "ab", .train = {{1, 1, {}}}, .eval = {}});
  EXPECT_EQ(error_of([&] { read_schedule(path(), "cd"); }).kind(), ErrorKind::usage);
  const std::string text = read_text(path());
  const auto rewritten = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    std::ofstream(path()) << changed;
    return error_of([&] { read_schedule(path(), "ab"); });
  };
  EXPECT_THAT(rewritten("schedule/2", "schedule/3").what(), HasSubstr("use a newer pgolf"));
  EXPECT_THAT(rewritten("\"published\":null", "\"published\":7").what(), HasSubstr("key 'log' is missing"));
  EXPECT_THAT(rewritten("pgolf.schedule", "other.schedule").what(), HasSubstr("not a schedule"));
  EXPECT_THAT(rewritten("\"lr_scale\":1", "\"lr\":1").what(), HasSubstr("step 1: key 'lr_scale' is missing"));
  EXPECT_EQ(rewritten("]}\n", "").kind(), ErrorKind::submission);
}

// Whatever a file holds, it is read or refused with an Error.
TEST_F(ScheduleTest, DamagedFilesAreRefusedAndNothingElse) {
  write_schedule(path(), {.replay_of = "r",
                          .config_sha256 = "ab",
                          .train = {{1.5, 1, {}}, {2.5, 0.5, {"qat"}}},
                          .eval = EvalSchedule{.ttt_chunks = 3}});
  const std::string text = read_text(path());
  std::mt19937 generator(7);
  const std::string_view alphabet = "{}[]\",:0123456789.-enulltrueqa \xff";
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = text;
    for (unsigned n = 1 + generator() % 3; n > 0; --n) {
      const size_t at = generator() % damaged.size();
      if (generator() % 4 == 0)
        damaged.erase(at, 1 + generator() % 20);
      else
        damaged[at] = alphabet[generator() % alphabet.size()];
      if (damaged.empty()) damaged = "x";
    }
    std::ofstream(path()) << damaged;
    try {
      read_schedule(path(), "ab");
    } catch (const Error& e) {
      ++refused;
      EXPECT_EQ(std::string_view(e.what()).find('\n'), std::string_view::npos) << e.what();
    }
  }
  EXPECT_GT(refused, 1500) << "seed 7";
}

TEST_F(ScheduleTest, IsTakenFromAWholeLogAlone) {
  const auto steps = train_schedule(log_of({1, 2, 3}), "log");
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[2].elapsed_ms, 0.1 * 3.0);
  EXPECT_EQ(steps[2].lr_scale, 0.5);
  EXPECT_THAT(error_of([&] {
                train_schedule(log_of({1, 3}), "log");
              }).what(),
              HasSubstr("log:4: step 3 follows step 1"));
  EXPECT_THAT(error_of([&] { train_schedule(log_of({2}), "log"); }).what(), HasSubstr("step 2 follows step 0"));
  EXPECT_THAT(error_of([&] { train_schedule(log_of({}), "log"); }).what(), HasSubstr("no steps"));
  EventsFile torn = log_of({1, 2});
  torn.torn = true;
  EXPECT_THAT(error_of([&] { train_schedule(torn, "log"); }).what(), HasSubstr("torn"));
  EXPECT_THAT(error_of([&] { eval_schedule(log_of({1}), "log"); }).what(), HasSubstr("of a train phase, not of eval"));
}

TEST_F(ScheduleTest, TheEndOfTestTimeTrainingIsADecision) {
  EventsFile log;
  log.header.phase = "eval";
  EXPECT_EQ(eval_schedule(log, "log"), EvalSchedule{});
  log.events.push_back({2, 0, TimeoutEvent{.name = "ttt", .done = 12}});
  EXPECT_EQ(eval_schedule(log, "log").ttt_chunks, 12);
}

}  // namespace
}  // namespace pgolf
