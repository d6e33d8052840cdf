// What a phase can see and reach, as its run records it.
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/judging/run_facts.h"
#include "tests/harness/run/run_fixture.h"

namespace pgolf {
namespace {

TEST_F(RunTest, TheSandboxHidesTheOtherHalfOfTheData) {
  if (!sandbox_works()) GTEST_SKIP() << "no bubblewrap here";
  const auto prepared = data().directory;
  const auto seen = [&](const std::string& phase, const std::filesystem::path& path) {
    return text(run(phase + "=look:" + path.string(), SandboxMode::required).run, phase + ".stdout");
  };
  EXPECT_EQ(seen("train", prepared / "train"), "seen\n");
  EXPECT_EQ(seen("train", prepared / "val"), "hidden\n");
  EXPECT_EQ(seen("eval", prepared / "val"), "seen\n");
  EXPECT_EQ(seen("eval", prepared / "train"), "hidden\n");
  EXPECT_EQ(seen("train", workspace().database()), "hidden\n");
  EXPECT_EQ(seen("train", source_dir() / "README.md"), "hidden\n");
}

TEST_F(RunTest, TheSandboxKeepsWritesAndTheNetworkOut) {
  if (!sandbox_works()) GTEST_SKIP() << "no bubblewrap here";
  EXPECT_EQ(text(run("train=network", SandboxMode::required).run, "train.stdout"), "no\n");
  const auto beside = directory_.path() / "beside";  // in /tmp, which the phase has for itself
  run("train=write:" + beside.string(), SandboxMode::required);
  EXPECT_FALSE(std::filesystem::exists(beside));
  EXPECT_EQ(text(run("train=write:/pgolf-was-here", SandboxMode::required).run, "train.stdout"), "refused\n");
  const RunEnd end = run("pack=write:/usr/pgolf-was-here", SandboxMode::required);
  EXPECT_EQ(text(end.run, "pack.stdout"), "refused\n");
  for (const PhaseRow& p : store_.load_run(end.run).phases) EXPECT_EQ(p.sandbox, "bubblewrap");
}

TEST_F(RunTest, WithoutASandboxTheRecordSaysSo) {
  const RunEnd end = run("", SandboxMode::off);
  ASSERT_FALSE(end.failed) << end.failed->message;
  const RunRecord r = store_.load_run(end.run);
  EXPECT_EQ(r.phases[0].sandbox, "none");
  EXPECT_EQ(r.environment.at("sandbox"), "none: switched off");
  const RunFacts facts = run_facts(r, workspace());
  EXPECT_EQ(facts.phases[0].isolation, "");
  EXPECT_TRUE(facts.phases[0].network);
  EXPECT_FALSE(std::filesystem::exists(workspace().run(end.run).root() / "train.data"));
}

}  // namespace
}  // namespace pgolf
