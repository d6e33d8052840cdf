// However an evaluation ended, the saved artifact can be evaluated again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/json.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

class EvalAgainTest : public HarnessFixture {
 protected:
  std::vector<std::string> environment(const std::string& behaviour) const {
    return {"PGOLF_HOME=" + workspace().home.string(), "PGOLF_ENGINE=" + fake_engine().string(),
            "PGOLF_ENGINE_TEST=" + behaviour};
  }
  CommandResult pgolf(std::vector<std::string> arguments, const std::string& behaviour = "") const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return run_command(arguments, environment(behaviour));
  }
  std::vector<std::string> reproduce(std::vector<std::string> more = {}) const {
    std::vector<std::string> out = {"reproduce", "334", "--profile", "demo", "--data", data().directory.string(),
                                    "--json"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  // Starts pgolf, sends it `signal` while `phase` sleeps, and returns its exit code and what it printed.
  CommandResult interrupted(std::vector<std::string> arguments, const std::string& phase, int signal) const {
    const auto log = directory_.path() / "log";
    arguments.insert(arguments.begin(), pgolf_program().string());
    const pid_t pid = start_command(arguments, environment(phase + "=late:60"), log);
    for (int i = 0; i < 600 && !sleeping(phase); ++i) ::usleep(50'000);
    EXPECT_TRUE(sleeping(phase));
    ::kill(pid, signal);
    int status = 0;
    ::waitpid(pid, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_text(log),
            read_text(log.string() + ".err")};
  }
  // Whether the phase of an unfinished run has done its work and not ended.
  bool sleeping(const std::string& phase) const {
    const auto store = Store::open_existing(workspace().database());
    if (!store) return false;
    for (const RunRow& run : store->unfinished_runs()) {
      const auto events = workspace().run(run.directory).scratch(phase) / (phase + ".events.jsonl");
      if (std::filesystem::exists(events) && std::filesystem::file_size(events) > 200) return true;
    }
    return false;
  }
  void expect_done(const std::string& run, int64_t attempts) const {
    const CommandResult again = pgolf({"eval", run, "--json"});
    EXPECT_THAT(again.exit_code, AnyOf(0, 1, 3)) << again.err;
    const Json j = Json::parse(again.out);
    EXPECT_EQ(j.at("state"), "done");
    EXPECT_TRUE(j.at("failure").is_null());
    EXPECT_EQ(j.at("val_bpb"), 1.25);
    int64_t evals = 0;
    for (const Json& phase : j.at("phases")) evals += phase.at("name") == "eval";
    EXPECT_EQ(evals, attempts);
    EXPECT_EQ(pgolf({"eval", run}).exit_code, 2);  // it is done now
  }
};

TEST_F(EvalAgainTest, AfterAnyEndOfAPhase) {
  for (const std::string behaviour :
       {"eval=exit:4", "eval=exit:6", "eval=kill", "eval=abort", "eval=oom", "diagnose=kill"}) {
    const CommandResult first = pgolf(reproduce(), behaviour);
    EXPECT_THAT(first.exit_code, AnyOf(4, 6)) << behaviour;
    const Json run = Json::parse(first.out);
    EXPECT_TRUE(run.at("artifact").is_object()) << behaviour;
    EXPECT_THAT(std::string(run.at("state")), AnyOf("failed", "killed"));
    expect_done(run.at("run_id"), 2);
  }
}

TEST_F(EvalAgainTest, AfterALimit) {
  const CommandResult first = pgolf(reproduce({"--limit", "eval=0.3"}), "eval=sleep:60");
  EXPECT_EQ(first.exit_code, 5);
  expect_done(Json::parse(first.out).at("run_id"), 2);
}

TEST_F(EvalAgainTest, AfterCtrlCAgainAndAgain) {
  const CommandResult first = interrupted(reproduce(), "eval", SIGINT);
  EXPECT_EQ(first.exit_code, 130) << first.err;
  const Json run = Json::parse(first.out);
  EXPECT_EQ(run.at("failure").at("kind"), "interrupted");
  EXPECT_EQ(run.at("metrics").at("steps"), 5);  // training is kept
  EXPECT_EQ(run.at("artifact").at("model_bytes"), 28);
  const std::string id = run.at("run_id");
  EXPECT_EQ(interrupted({"eval", id, "--json"}, "eval", SIGTERM).exit_code, 143);
  EXPECT_EQ(pgolf({"eval", id}, "eval=exit:4").exit_code, 4);
  expect_done(id, 4);
}

TEST_F(EvalAgainTest, CtrlCInEachPhaseKeepsWhatWasRecorded) {
  for (const std::string phase : {"train", "pack", "diagnose"}) {
    const CommandResult r = interrupted(reproduce(), phase, SIGINT);
    EXPECT_EQ(r.exit_code, 130) << phase << r.err;
    const Json run = Json::parse(r.out);
    EXPECT_EQ(run.at("state"), "killed") << phase;
    EXPECT_EQ(run.at("phases").back().at("name"), phase);
    EXPECT_EQ(run.at("metrics").at("steps"), 5) << phase;
    const CommandResult again = pgolf({"eval", run.at("run_id")});
    if (phase == "diagnose") {
      EXPECT_THAT(again.exit_code, AnyOf(0, 1, 3)) << again.err;
    } else {
      EXPECT_EQ(again.exit_code, 2);
      EXPECT_THAT(again.err, HasSubstr("saved no artifact"));
    }
  }
}

TEST_F(EvalAgainTest, WhereTheDataWentIsAsked) {
  const std::string id = Json::parse(pgolf(reproduce(), "eval=kill").out).at("run_id");
  const auto moved = directory_.path() / "moved";
  std::filesystem::rename(data().directory, moved);
  const CommandResult r = pgolf({"eval", id});
  EXPECT_EQ(r.exit_code, 7);
  EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 1) << r.err;
  const CommandResult again = pgolf({"eval", id, "--data", moved.string(), "--json"});
  EXPECT_THAT(again.exit_code, AnyOf(0, 1, 3)) << again.err;
  EXPECT_EQ(Json::parse(again.out).at("state"), "done");
}

}  // namespace
}  // namespace pgolf
