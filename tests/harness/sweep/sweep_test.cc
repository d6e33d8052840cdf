// `pgolf sweep` and `pgolf ablate` as a user meets them, with the fake engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/json.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class SweepTest : public HarnessFixture {
 protected:
  std::vector<std::string> with_program(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return arguments;
  }
  std::vector<std::string> environment(const std::string& plan = "") const {
    return {"PGOLF_HOME=" + workspace().home.string(), "PGOLF_ENGINE=" + fake_engine().string(),
            "PGOLF_ENGINE_TEST=" + plan};
  }
  CommandResult pgolf(std::vector<std::string> arguments, const std::string& plan = "") const {
    return run_command(with_program(std::move(arguments)), environment(plan));
  }
  Json json(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--json", "-q"});
    return Json::parse(pgolf(std::move(arguments)).out);
  }
  std::string dir() const { return (directory_.path() / "sweep").string(); }
  void plan(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {
        "sweep",   "new", dir(),    "--submission",           "334", "--profile", "demo",
        "--seeds", "1-2", "--data", data().directory.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const CommandResult planned = pgolf(arguments);
    ASSERT_EQ(planned.exit_code, 0) << planned.err;
  }
};

TEST_F(SweepTest, RunsWhatIsPlannedOnceAndShowsIt) {
  plan({"--set", "muon.lr=0.02,0.03"});
  EXPECT_EQ(json({"sweep", "status", dir()})["to_run"], 4);
  const CommandResult run = pgolf({"sweep", "run", dir(), "--jobs", "2"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("4 runs, 2 at once (--jobs)"), HasSubstr("4 of 4: ")));
  EXPECT_THAT(run.out, AllOf(HasSubstr("pr-334@demo+muon.lr=0.03"), HasSubstr("2 of 2 planned")));
  EXPECT_EQ(json({"ls"})["runs"].size(), 4u);

  const CommandResult again = pgolf({"sweep", "run", dir()});  // nothing is left
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.err, Not(HasSubstr("at once")));
  EXPECT_EQ(json({"ls"})["runs"].size(), 4u);
  const Json result = json({"sweep", "result", dir()});
  EXPECT_EQ(result["variants"].size(), 2u);
  EXPECT_EQ(result["variants"][0]["n"], 2);
  for (const char* file : {"result.html", "result.md", "result.csv", "result.json"})
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(dir()) / file)) << file;
  EXPECT_EQ(pgolf({"sweep", "new", dir(), "--submission", "334", "--seeds", "1"}).exit_code, 2);
}

TEST_F(SweepTest, CountsARunThatWasMadeOutsideOfIt) {
  plan();
  pgolf({"reproduce", "334", "--profile", "demo", "--seed", "2", "--data", data().directory.string(), "-q"});
  EXPECT_EQ(json({"sweep", "status", dir()})["done"], 1);
  EXPECT_EQ(json({"sweep", "status", dir()})["tasks"][1]["state"], "done");
}

TEST_F(SweepTest, AFailedRunIsToldAndRunAgainOnlyIfAskedFor) {
  plan();
  const CommandResult failed = pgolf({"sweep", "run", dir(), "--jobs", "1"}, "train=exit:4");
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_THAT(failed.err, HasSubstr("exit 4: "));
  EXPECT_THAT(failed.out, HasSubstr("0 of 2 planned"));
  EXPECT_EQ(json({"sweep", "status", dir()})["failed"], 2);
  EXPECT_EQ(pgolf({"sweep", "run", dir()}).exit_code, 3);
  EXPECT_EQ(json({"ls"})["runs"].size(), 2u);
  EXPECT_EQ(pgolf({"sweep", "run", dir(), "--again-failed"}).exit_code, 0);
  EXPECT_EQ(json({"sweep", "status", dir()})["done"], 2);
}

TEST_F(SweepTest, GoesOnAfterAnInterrupt) {
  plan();
  const auto log = directory_.path() / "log";
  const pid_t pid =
      start_command(with_program({"sweep", "run", dir(), "--jobs", "2"}), environment("eval=sleep:60"), log);
  for (int i = 0; i < 400; ++i) {
    ::usleep(50'000);
    int evaluating = 0;
    if (const auto store = Store::open_existing(workspace().database()))
      for (const RunRow& run : store->unfinished_runs()) evaluating += run.state == RunState::evaluating ? 1 : 0;
    if (evaluating == 2) break;
  }
  ::usleep(200'000);
  ::kill(pid, SIGINT);
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_THAT(read_text(log.string() + ".err"), HasSubstr("goes on"));
  for (const Json& run : json({"ls"})["runs"]) EXPECT_EQ(run["state"], "killed");
  EXPECT_EQ(pgolf({"sweep", "run", dir()}).exit_code, 0);
  EXPECT_EQ(json({"sweep", "status", dir()})["done"], 2);
}

TEST_F(SweepTest, AblationTellsWhatEachTechniqueGains) {
  const std::vector<std::string> ask = {"ablate",    "334",     "--profile", "demo",   "--techniques",
                                        "smear,EMA", "--seeds", "2",         "--data", data().directory.string()};
  const CommandResult first = pgolf(ask);
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("gain of each technique in pr-334@demo"), HasSubstr("smear"),
                               HasSubstr("2 of 2 planned"), HasSubstr("6 of 6 planned runs")));
  std::vector<std::string> as_json = ask;
  as_json.insert(as_json.end(), {"--json", "-q"});
  const Json result = Json::parse(pgolf(as_json).out);  // nothing is run again
  ASSERT_EQ(result["effects"].size(), 2u);
  EXPECT_EQ(result["effects"][0]["planned"], 2);
  EXPECT_EQ(json({"ls"})["runs"].size(), 6u);
  std::vector<std::string> other = ask;
  other[7] = "3";
  const CommandResult refused = pgolf(other);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("holds another plan"));
}

}  // namespace
}  // namespace pgolf
