#include "harness/process/supervise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <thread>

#include "base/file.h"
#include "engine/evidence/events.h"
#include "harness/process/interrupts.h"
#include "harness/sandbox/sandbox.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

class SuperviseTest : public HarnessFixture {
 protected:
  PhaseCommand command(const std::string& behaviour, std::optional<PhaseLimit> limit = std::nullopt) const {
    ::setenv("PGOLF_ENGINE_TEST", ("train=" + behaviour).c_str(), 1);
    const auto scratch = directory_.path() / "scratch";
    std::filesystem::create_directories(scratch);
    return {.argv = {fake_engine().string(), "train", "--run", scratch.string()},
            .environment = phase_environment(),
            .directory = scratch,
            .events = scratch / "train.events.jsonl",
            .stdout_file = directory_.path() / "stdout",
            .stderr_file = directory_.path() / "stderr",
            .limit = limit,
            .grace_ms = 300};
  }
  PhaseEnd run(const std::string& behaviour, std::optional<PhaseLimit> limit = std::nullopt) const {
    return supervise(command(behaviour, limit), {});
  }
  ~SuperviseTest() override { ::unsetenv("PGOLF_ENGINE_TEST"); }
};

TEST_F(SuperviseTest, AQuietSuccess) {
  const PhaseEnd end = run("silent");
  EXPECT_EQ(end.outcome, Outcome::ok);
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_GT(end.wall_ms, 0);
  EXPECT_GT(end.max_rss_bytes, 100'000);
  EXPECT_EQ(exit_code_of(end), 0);
}

TEST_F(SuperviseTest, AnErrorIsPassedOnInTheEnginesWords) {
  const PhaseEnd end = run("exit:4");
  EXPECT_EQ(end.outcome, Outcome::exception);
  EXPECT_EQ(end.message, "step 3: loss is NaN; lower the rate");
  EXPECT_EQ(exit_code_of(end), 4);
  EXPECT_EQ(exit_code_of(run("exit:6")), 6);
  EXPECT_EQ(exit_code_of(run("exit:77")), 4);
}

TEST_F(SuperviseTest, Memory) {
  EXPECT_EQ(run("oom").outcome, Outcome::out_of_memory);
  EXPECT_EQ(exit_code_of(run("oom")), 6);
}

TEST_F(SuperviseTest, SignalsOfOthers) {
  const PhaseEnd aborted = run("abort");
  EXPECT_EQ(aborted.outcome, Outcome::killed);
  EXPECT_EQ(aborted.signal, SIGABRT);
  EXPECT_EQ(exit_code_of(aborted), 4);
  const PhaseEnd killed = run("kill");
  EXPECT_EQ(killed.outcome, Outcome::killed);
  EXPECT_EQ(exit_code_of(killed), 6);  // somebody else's doing
}

TEST_F(SuperviseTest, TheLimitIsEnforced) {
  const PhaseEnd end = run("sleep:60", PhaseLimit{200, ""});
  EXPECT_EQ(end.outcome, Outcome::limit);
  EXPECT_EQ(exit_code_of(end), 5);
  EXPECT_GE(end.wall_ms, 200);
  EXPECT_LT(end.wall_ms, 20'000);
  EXPECT_THAT(end.message, HasSubstr("0.2 s"));
}

TEST_F(SuperviseTest, TheLimitIsEnforcedOnThoseWhoIgnoreSigterm) {
  const PhaseEnd end = run("stubborn:60", PhaseLimit{200, ""});
  EXPECT_EQ(end.outcome, Outcome::limit);
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_GE(end.wall_ms, 500);  // limit and grace
  EXPECT_LT(end.wall_ms, 20'000);
}

TEST_F(SuperviseTest, APhaseThatNeverEndsItsPartRunsIntoTheLimitOfTheProcess) {
  EXPECT_EQ(run("sleep:60", PhaseLimit{200, kPartTrainLoop}).outcome, Outcome::limit);
}

TEST_F(SuperviseTest, WhatThePhaseLeavesRunningDiesWithIt) {
  const auto diary = directory_.path() / "diary";
  const DataManifest prepared = data();
  const auto pinned_file = directory_.path() / "pinned.json";
  write_pinned(pinned_file, pinned());
  PhaseCommand c = command("orphan:" + diary.string());
  c.argv.insert(c.argv.end(), {"--pinned", pinned_file.string()});
  const PhaseEnd end = supervise(c, {});
  EXPECT_EQ(end.outcome, Outcome::ok) << end.message;
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  std::error_code none;
  const auto size = std::filesystem::file_size(diary, none);
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_EQ(std::filesystem::file_size(diary, none), size);
  EXPECT_TRUE(end.span_ms.contains(kPartTrainLoop));
}

TEST_F(SuperviseTest, AProgramThatDoesNotExist) {
  PhaseCommand c = command("silent");
  c.argv[0] = "/nowhere/pgolf-engine";
  const PhaseEnd end = supervise(c, {});
  EXPECT_EQ(end.outcome, Outcome::exception);
  EXPECT_THAT(end.message, HasSubstr("cannot be started"));
}

TEST_F(SuperviseTest, AnInterruptEndsThePhaseAndKeepsTheSupervisor) {
  const PhaseCommand c = command("stubborn:60");
  const pid_t pid = ::fork();
  if (pid == 0) {
    Interrupts::install();
    std::thread([] {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      ::kill(::getpid(), SIGINT);
    }).detach();
    const PhaseEnd end = supervise(c, {});
    ::_exit(end.outcome == Outcome::interrupted && exit_code_of(end) == 130 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(LastWordsTest, PicksTheEnginesLineAndStripsWhatCouldHarmATerminal) {
  EXPECT_EQ(last_words("step 1\npgolf-engine: bad loss\nbye\n"), "bad loss");
  EXPECT_EQ(last_words("only this\n\n"), "only this");
  EXPECT_EQ(last_words("\x1b[31mred\x07\n"), "[31mred");
  EXPECT_EQ(last_words("caf\xc3\xa9 \xff\n"), "caf ");
  EXPECT_EQ(last_words("caf\xc3\xa9\n"), "caf\xc3\xa9");
  EXPECT_EQ(last_words(std::string(10'000, 'x')).size(), 500u);
  EXPECT_EQ(last_words(""), "");
}

TEST(EventTailTest, FollowsAppendsAndPassesOverRubbish) {
  const TempDirectory directory;
  const auto file = directory.path() / "train.events.jsonl";
  EventTail tail(file);
  EXPECT_EQ(tail.poll(0), 0);
  AppendFile out(file);
  out.append("{\"event\":\"phase_start\",\"name\":\"train.loop\"}\n{\"event\":\"st");
  EXPECT_EQ(tail.poll(100), 1);
  EXPECT_EQ(tail.started_ms("train.loop"), 100);
  out.append(
      "ep\",\"step\":7,\"train_loss\":3.5}\nnot json\n[1]\n{\"event\":3}\n{\"event\":\"step\",\"step\":\"x\"}\n");
  EXPECT_EQ(tail.poll(200), 5);
  EXPECT_EQ(tail.step(), 7);
  out.append(std::string(3'000'000, 'y') + "\n{\"event\":\"phase_end\",\"name\":\"train.loop\",\"elapsed_ms\":1}\n");
  tail.poll(450);
  EXPECT_EQ(tail.spans_ms().at("train.loop"), 350);  // our clock, whatever the line claims
  EXPECT_EQ(tail.late_ms().at("train.loop"), 250);   // between the last polls; 200 are usual
}

// A supervisor that did not get its turn says so; one that a phase kept reading does not.
TEST(EventTailTest, KnowsHowLateItWas) {
  const TempDirectory directory;
  const auto file = directory.path() / "eval.events.jsonl";
  EventTail tail(file);
  tail.poll(0);
  AppendFile out(file);
  const auto part = [](const char* event, const char* name) {
    return std::string(R"({"event":")") + event + R"(","name":")" + name + "\"}\n";
  };
  out.append(part("phase_start", "late"));
  tail.poll(3'000);
  out.append(part("phase_end", "late"));
  tail.poll(7'000);
  EXPECT_EQ(tail.spans_ms().at("late"), 7'000);  // from the last poll before its start: an upper bound
  EXPECT_EQ(tail.late_ms().at("late"), 7'000);
  out.append(part("phase_start", "flooded"));
  tail.poll(7'100);
  for (int i = 0; i < 30; ++i) out.append(std::string(1 << 20, 'x') + "\n");
  out.append(part("phase_end", "flooded"));
  double now = 7'100;
  while (!tail.spans_ms().contains("flooded")) tail.poll(now += 150);
  EXPECT_GE(tail.spans_ms().at("flooded"), 150 * 30 / 4);
  EXPECT_FALSE(tail.late_ms().contains("flooded"));
}

}  // namespace
}  // namespace pgolf
