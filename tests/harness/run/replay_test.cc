// Replaying runs: what is followed, what is compared, what is refused.
#include "harness/run/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "harness/run/data_source.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

class ReplayTest : public HarnessFixture {
 protected:
  CommandResult pgolf(std::vector<std::string> arguments, const std::string& behaviour = "") const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return run_command(arguments, {"PGOLF_HOME=" + workspace().home.string(), "PGOLF_ENGINE=" + fake_engine().string(),
                                   "PGOLF_ENGINE_TEST=" + behaviour});
  }
  // Its id.
  std::string recorded(const std::string& behaviour = "", std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"reproduce", "334", "--profile", "demo", "--data", data().directory.string(),
                                          "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Json::parse(pgolf(arguments, behaviour).out).at("run_id");
  }
  CommandResult replay(const std::string& run, std::vector<std::string> more = {},
                       const std::string& behaviour = "") const {
    std::vector<std::string> arguments = {"reproduce", "334", "--replay", run, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return pgolf(arguments, behaviour);
  }
  std::filesystem::path events(const std::string& run) const { return workspace().run(run).events("train"); }
  // Rewrites a file of the run, read-only as it is.
  static void rewrite(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::remove(file);
    std::ofstream(file) << text;
  }
  static void expect_refused(const CommandResult& r, int exit_code, const std::string& words) {
    EXPECT_EQ(r.exit_code, exit_code) << r.err;
    EXPECT_THAT(r.err, HasSubstr(words));
    EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 1) << r.err;
    EXPECT_EQ(Json::parse(r.out).at("format"), "pgolf.error/1");
  }
};

TEST_F(ReplayTest, FollowsTheScheduleAndComparesTheArtifact) {
  const std::string first = recorded();
  const CommandResult r = replay("last");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  const Json run = Json::parse(r.out);
  EXPECT_EQ(run.at("profile"), "demo");  // the configuration is that run's, not the default one
  EXPECT_EQ(run.at("replay").at("of"), first);
  EXPECT_EQ(run.at("replay").at("equal"), true);
  EXPECT_EQ(run.at("replay").at("artifact_sha256"), run.at("artifact").at("sha256"));
  const std::string id = run.at("run_id");
  EXPECT_EQ(run.at("replay").at("schedule_sha256"), sha256_file(workspace().run(id).schedule()));
  EXPECT_EQ(run.at("command").back(), first);

  const auto store = Store::open_existing(workspace().database());
  const auto there = store->load_curve(first, "train_loss"), here = store->load_curve(id, "train_loss");
  ASSERT_EQ(there.size(), 5u);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(here[i].elapsed_ms, there[i].elapsed_ms);
  EXPECT_THAT(pgolf({"show", id}).out, HasSubstr("replay of " + first + ": the same artifact"));
  // A replay can be replayed.
  EXPECT_EQ(replay(id).exit_code, 0);
}

TEST_F(ReplayTest, AnotherArtifactIsAVerdict) {
  const std::string first = recorded();
  const CommandResult r = replay(first, {}, "train=other");
  EXPECT_EQ(r.exit_code, 1) << r.err;
  const Json run = Json::parse(r.out);
  EXPECT_EQ(run.at("replay").at("equal"), false);
  EXPECT_EQ(run.at("state"), "done");
  EXPECT_THAT(pgolf({"show", run.at("run_id")}).out, HasSubstr("ANOTHER artifact"));
}

TEST_F(ReplayTest, WithNothingToCompareItIsInconclusive) {
  const std::string first = recorded("pack=exit:4");
  const CommandResult r = replay(first);
  EXPECT_EQ(r.exit_code, 3) << r.err;
  EXPECT_TRUE(Json::parse(r.out).at("replay").at("equal").is_null());
  EXPECT_TRUE(Json::parse(read_text(workspace().run(Json::parse(r.out).at("run_id")).schedule())).at("eval").is_null());
}

TEST_F(ReplayTest, AReplayThatFailsExitsByItsFailure) {
  const std::string first = recorded();
  EXPECT_EQ(replay(first, {}, "pack=exit:4").exit_code, 4);
  const CommandResult r = replay(first, {}, "eval=kill");
  EXPECT_EQ(r.exit_code, 6);
  EXPECT_EQ(pgolf({"eval", Json::parse(r.out).at("run_id")}).exit_code, 0);  // evaluated again, it is still a replay
}

TEST_F(ReplayTest, RefusesARunItDoesNotKnow) { expect_refused(replay("20990101"), 7, "run '20990101' not found"); }

TEST_F(ReplayTest, RefusesAnotherConfiguration) {
  const std::string first = recorded();
  expect_refused(replay(first, {"--profile", "demo", "--seed", "7"}), 2, "seed: 1337 there, 7 here");
  expect_refused(replay(first, {"--profile", "demo", "--set", "train.log_every=3"}), 2, "log_every: 10 there, 3 here");
  expect_refused(replay(first, {"--profile", "record"}), 2, "another configuration");
  EXPECT_EQ(replay(first, {"--profile", "demo"}).exit_code, 0);  // named, and the same
  expect_refused(pgolf({"reproduce", "754", "--replay", first, "--json"}), 2, "is of pr-334, not of pr-754");
  const Json with = Json::parse(replay(recorded("", {"--set", "train.log_every=3"})).out);
  EXPECT_EQ(with.at("overrides"), Json({"train.log_every=3"}));
}

TEST_F(ReplayTest, RefusesALogThatIsNotWhole) {
  const std::string first = recorded();
  const std::string text = read_text(events(first));
  rewrite(events(first), text.substr(0, text.size() - 20));
  expect_refused(replay(first), 4, "torn");
  rewrite(events(first), text + "\n");
  expect_refused(replay(first), 4, "");
  std::string edited = text;
  edited.replace(edited.find("\"lr_scale\":1"), 12, "\"lr_scale\":2");
  rewrite(events(first), edited);
  expect_refused(replay(first), 4, "not the log that run " + first + " recorded");
  std::filesystem::remove(events(first));
  expect_refused(replay(first), 7, "train.events.jsonl");
  rewrite(events(first), text);
  EXPECT_EQ(replay(first).exit_code, 0);
}

TEST_F(ReplayTest, RefusesWhatNeedNotRepeat) {
  const std::string fast = recorded("", {"--fast"});
  const CommandResult shown = pgolf({"show", fast, "--json"});
  EXPECT_EQ(Json::parse(shown.out).at("environment").at("determinism"), "fast");
  expect_refused(replay(fast), 2, "run " + fast + " was made with --fast");
  const std::string repeatable = recorded();
  expect_refused(replay(repeatable, {"--fast"}), 2, "leave it out of a replay");
  EXPECT_EQ(replay(repeatable).exit_code, 0);
}

TEST_F(ReplayTest, RefusesATrainingThatDidNotEnd) {
  expect_refused(replay(recorded("train=exit:4")), 2, "its training did not end (exception)");
}

}  // namespace
}  // namespace pgolf
