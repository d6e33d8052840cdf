// The program as a user meets it: exit codes, streams, signals.
#include "harness/cli/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>

#include "base/file.h"
#include "base/json.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class CliTest : public HarnessFixture {
 protected:
  CommandResult pgolf(std::vector<std::string> arguments, std::vector<std::string> environment = {}) const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return run_command(arguments, with_defaults(std::move(environment)));
  }
  std::vector<std::string> with_defaults(std::vector<std::string> environment) const {
    environment.push_back("PGOLF_HOME=" + workspace().home.string());
    environment.push_back("PGOLF_ENGINE=" + fake_engine().string());
    return environment;
  }
  std::vector<std::string> reproduce(std::vector<std::string> more = {}) const {
    std::vector<std::string> out = {"reproduce", "334", "--profile", "demo", "--data", data().directory.string(),
                                    "--json"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
};

TEST_F(CliTest, HelpAndVersionGoToStandardOutput) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--help"}, {"reproduce", "--help"}, {"data", "prepare", "--help"}}) {
    const CommandResult r = pgolf(arguments);
    EXPECT_EQ(r.exit_code, 0);
    EXPECT_THAT(r.out, HasSubstr("Usage: pgolf"));
    EXPECT_THAT(r.err, IsEmpty());
  }
  for (const char* verb :
       {"demo", "reproduce", "pack", "eval", "ls", "show", "judge", "check", "resolve", "compare", "bundle"})
    EXPECT_THAT(pgolf({verb, "--help"}).out, HasSubstr(std::string("Example: pgolf ") + verb)) << verb;
  EXPECT_THAT(pgolf({"--version"}).out, StartsWith("pgolf "));
}

TEST_F(CliTest, MistakesOfTheCommandLineAreCodeTwoAndOneLine) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                    {"fly"},
                                                    {"resolve"},
                                                    {"resolve", "334", "--seed", "x"},
                                                    {"resolve", "334", "--seed", "-1"},
                                                    {"resolve", "334", "--nonsense"},
                                                    {"resolve", "334", "--set", "a.b=1"},
                                                    {"judge"},
                                                    {"ls", "more"},
                                                    {"reproduce", "334"},
                                                    {"reproduce", "334", "--profile", "demo", "--limit", "train"},
                                                    {"demo", "--limit", "sleep=3"},
                                                    {"demo", "--sandbox", "maybe"},
                                                    {"demo", "--steps", "0"},
                                                    {"demo", "--steps", "2", "--seconds", "2"}}) {
    const CommandResult r = pgolf(arguments);
    EXPECT_EQ(r.exit_code, 2) << testing::PrintToString(arguments) << r.err;
    EXPECT_THAT(r.out, IsEmpty());
    EXPECT_THAT(r.err, StartsWith("pgolf: "));
    EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 1) << r.err;
  }
  EXPECT_THAT(pgolf({"fly"}).err, HasSubstr("unknown verb 'fly'"));
}

TEST_F(CliTest, WhatIsNotThereIsCodeSeven) {
  EXPECT_EQ(pgolf({"resolve", "99999"}).exit_code, 7);
  EXPECT_EQ(pgolf({"show", "last"}).exit_code, 7);
  EXPECT_EQ(pgolf({"resolve", "334", "--profile", "tiny"}).exit_code, 7);
  EXPECT_EQ(pgolf({"demo", "--data", "/nowhere"}).exit_code, 7);
  EXPECT_EQ(pgolf({"demo", "--docs", "/nowhere.jsonl"}).exit_code, 7);
  EXPECT_EQ(pgolf({"judge", "last", "--rules", "pg-1999"}).exit_code, 7);
}

TEST_F(CliTest, AnEmptyRecordIsNoError) {
  const CommandResult r = pgolf({"ls", "--json"});
  EXPECT_EQ(r.exit_code, 0);
  EXPECT_EQ(Json::parse(r.out).at("runs").size(), 0u);
  EXPECT_FALSE(std::filesystem::exists(workspace().database()));
}

TEST_F(CliTest, TheEnginesErrorIsPassedOnWithItsBlame) {
  const CommandResult r = pgolf(reproduce(), {"PGOLF_ENGINE_TEST=train=exit:4"});
  EXPECT_EQ(r.exit_code, 4);
  EXPECT_THAT(r.err, HasSubstr("train exception: step 3: loss is NaN; lower the rate"));
  EXPECT_EQ(Json::parse(r.out).at("state"), "failed");
  EXPECT_EQ(pgolf({"demo", "--data", data().directory.string()}, {"PGOLF_ENGINE_TEST=eval=exit:4"}).exit_code, 4);
}

TEST_F(CliTest, ALimitIsCodeFive) {
  const CommandResult r = pgolf(reproduce({"--limit", "pack=0.3"}), {"PGOLF_ENGINE_TEST=pack=sleep:60"});
  EXPECT_EQ(r.exit_code, 5);
  EXPECT_EQ(Json::parse(r.out).at("failure").at("kind"), "limit");
}

TEST_F(CliTest, ControlCKeepsWhatWasRecordedAndExits130) {
  const auto log = directory_.path() / "log";
  std::vector<std::string> argv = reproduce();
  argv.insert(argv.begin(), pgolf_program().string());
  const pid_t pid = start_command(argv, with_defaults({"PGOLF_ENGINE_TEST=eval=sleep:60"}), log);
  std::string id;
  for (int i = 0; i < 400 && id.empty(); ++i) {
    ::usleep(50'000);
    if (const auto store = Store::open_existing(workspace().database()))
      for (const RunRow& run : store->unfinished_runs())
        if (run.state == RunState::evaluating) id = run.id;
  }
  ASSERT_FALSE(id.empty());
  ::usleep(200'000);
  ::kill(pid, SIGINT);
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  const Json run = Json::parse(read_text(log));
  EXPECT_EQ(run.at("state"), "killed");
  EXPECT_EQ(run.at("failure").at("kind"), "interrupted");
  EXPECT_TRUE(run.at("artifact").is_object());
  const CommandResult again = pgolf({"eval", id, "--json"});
  EXPECT_THAT(again.exit_code, testing::AnyOf(0, 1, 3)) << again.err;
  EXPECT_EQ(Json::parse(again.out).at("state"), "done");
}

TEST_F(CliTest, ARunThatLostItsProgramIsShownSoAndMarkedByTheNextVerbThatWrites) {
  const auto log = directory_.path() / "log";
  std::vector<std::string> argv = reproduce();
  argv.insert(argv.begin(), pgolf_program().string());
  const pid_t pid = start_command(argv, with_defaults({"PGOLF_ENGINE_TEST=train=sleep:60"}), log);
  for (int i = 0; i < 400; ++i) {
    ::usleep(50'000);
    const Json list = Json::parse(pgolf({"ls", "--json"}).out).at("runs");
    if (!list.empty() && list[0].at("state") == "training") break;
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  const auto listed = [&] {
    const CommandResult r = pgolf({"ls", "--json"});
    EXPECT_THAT(r.err, Not(HasSubstr("marked lost")));
    return Json::parse(r.out).at("runs").at(0).at("state");
  };
  EXPECT_EQ(listed(), "lost");
  EXPECT_THAT(pgolf({"judge", "last"}).err, HasSubstr("marked lost"));
  EXPECT_EQ(listed(), "lost");
}

TEST_F(CliTest, ResultsThatCannotBeWrittenAreNotSuccess) {
  const std::string program = pgolf_program().string();
  EXPECT_EQ(run_command({"/bin/sh", "-c", program + " resolve 334 > /dev/full"}).exit_code, 6);
  EXPECT_EQ(run_command({"/bin/bash", "-c", "set -o pipefail; " + program + " resolve 334 | head -n 1 > /dev/null"})
                .exit_code,
            0);
}

TEST_F(CliTest, ADatabaseThatCannotBeUsedIsCodeEight) {
  directory_.file("home/runs.db",
                  "no database, but long enough to be taken for the header of one: 0123456789012345678901234567890");
  for (const char* verb : {"ls", "demo"}) {
    const CommandResult r = pgolf({verb});
    EXPECT_EQ(r.exit_code, 8) << verb;
    EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 1) << r.err;
  }
}

// On a read-only file system the record can still be read.
TEST_F(CliTest, AReadOnlyRecordIsRead) {
  if (!sandbox_works()) GTEST_SKIP() << "no bubblewrap here";
  EXPECT_EQ(pgolf({"demo", "--data", data().directory.string(), "-q"}).exit_code, 0);
  const auto read_only = [&](const std::string& verb) {
    return run_command(
        {"/usr/bin/bwrap", "--ro-bind", "/", "/", "--dev", "/dev", pgolf_program().string(), verb, "last", "--json"},
        with_defaults({}));
  };
  const CommandResult shown = read_only("show");
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(Json::parse(shown.out).at("state"), "done");
  const CommandResult evaluated = read_only("eval");
  EXPECT_EQ(evaluated.exit_code, 8) << evaluated.err;
}

}  // namespace
}  // namespace pgolf
