// Whole runs with an engine that misbehaves.
#include "harness/run/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <numbers>

#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "harness/cli/run_json.h"
#include "harness/judging/find_ruleset.h"
#include "harness/judging/judging.h"
#include "harness/judging/record_check.h"
#include "harness/judging/run_facts.h"
#include "harness/run/data_source.h"
#include "tests/harness/run/run_fixture.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(RunTest, GoesThroughAllPhasesAndRecordsThem) {
  const RunEnd end = run("");
  ASSERT_FALSE(end.failed) << end.failed->message;
  const RunRecord r = store_.load_run(end.run);
  EXPECT_THAT(states(r), ElementsAre(RunState::queued, RunState::preparing, RunState::training, RunState::packing,
                                     RunState::artifact_saved, RunState::evaluating, RunState::judging));
  ASSERT_EQ(r.phases.size(), 4u);
  for (const PhaseRow& p : r.phases) {
    EXPECT_EQ(p.outcome, "ok") << p.name;
    EXPECT_GT(*p.wall_ms, 0);
  }
  EXPECT_EQ(r.metrics.at("val_bpb"), 1.25);
  EXPECT_EQ(r.metrics.at("val_bpb_prequant"), 1.20);
  EXPECT_EQ(r.metrics.at("val_bpb_quant"), 1.24);
  EXPECT_EQ(r.metrics.at("steps"), 5);
  EXPECT_EQ(store_.load_curve(end.run, "train_loss").size(), 5u);
  ASSERT_EQ(r.artifacts.size(), 2u);
  EXPECT_EQ(r.artifact()->sha256, sha256_file(workspace().run(end.run).artifact()));
  EXPECT_LE(r.artifact()->saved_at, r.phases[2].started_at);  // before the evaluation started
  EXPECT_EQ(r.checkpoint()->sha256, sha256_hex("weights of seed 1337"));
  EXPECT_LE(r.checkpoint()->saved_at, r.phases[1].started_at);  // before packing started
  EXPECT_EQ(text(end.run, "artifact.bin"), "packed: weights of seed 1337");
  EXPECT_FALSE(std::filesystem::exists(workspace().run(end.run).scratch("train")));
  EXPECT_EQ(read_pinned(workspace().run(end.run).pinned()).seed, 1337);
  store_.check_integrity();
}

TEST_F(RunTest, NoPhaseIsWaitedForWithoutEnd) {
  RunOptions given = options();
  given.limits_s["eval"] = 900;
  const RunRecord r = store_.load_run(run("", SandboxMode::automatic, &given).run);
  ASSERT_EQ(r.phases.size(), 4u);
  EXPECT_EQ(r.phases[0].limit_ms, 86'400'000);  // the demo trains for a number of steps
  EXPECT_EQ(r.phases[1].limit_ms, 86'400'000);
  EXPECT_EQ(r.phases[2].limit_ms, 900'000);
  EXPECT_EQ(r.phases[3].limit_ms, 86'400'000);
  Pinned clocked = pinned();
  clocked.config.train.max_wallclock_seconds = 20;
  const RunEnd end = Runner(store_, workspace(), options()).run(submission(), clocked, data());
  EXPECT_EQ(store_.load_run(end.run).phases.at(0).limit_ms, 3'620'000);
}

// Where the result itself is of the quantised weights, a diagnosis that scores them again does not put its own in
// place.
TEST_F(RunTest, ADiagnosisLeavesTheResultAlone) {
  const RunEnd end = run("eval=headline:quantized");
  ASSERT_FALSE(end.failed) << end.failed->message;
  const RunRecord r = store_.load_run(end.run);
  EXPECT_EQ(r.metrics.at("val_bpb"), 1.25);
  EXPECT_EQ(r.metrics.at("val_bpb_quant"), 1.25);     // not 1.24, which the diagnosis says
  EXPECT_EQ(r.metrics.at("val_bpb_prequant"), 1.20);  // which nothing else scored
  EXPECT_EQ(store_.load_curve(end.run, "stream.quantized").size(), 1u);
  EXPECT_EQ(contradiction(store_, r, workspace().run(r.run.id)), "");
}

TEST_F(RunTest, JsonHasWhatReadersRelyOn) {
  const RunEnd end = run("");
  const Json j = run_to_json(store_.load_run(end.run), std::nullopt);
  EXPECT_EQ(j.at("run_id"), end.run);
  EXPECT_EQ(j.at("submission"), "pr-334");
  EXPECT_EQ(j.at("profile"), "demo");
  EXPECT_EQ(j.at("as_run"), false);
  EXPECT_EQ(j.at("seed"), 1337);
  EXPECT_EQ(j.at("state"), "judging");
  EXPECT_EQ(j.at("val_bpb"), 1.25);
  const Json& metrics = j.at("metrics");
  EXPECT_DOUBLE_EQ(j.at("val_loss").get<double>() * metrics.at("val_targets").get<double>(),
                   1.25 * std::numbers::ln2 * metrics.at("val_bytes").get<double>());
  EXPECT_EQ(j.at("artifact").at("model_bytes"), 28);
  EXPECT_EQ(j.at("artifact").at("code_bytes"), 49461);
  EXPECT_EQ(j.at("artifact").at("total_bytes"), 49489);
  EXPECT_EQ(j.at("phases").at(0).at("name"), "train");
  EXPECT_TRUE(j.at("phases").at(0).at("wall_ms").is_number());
  EXPECT_TRUE(j.at("val_bpb_ttt").is_null());
}

TEST_F(RunTest, IsJudgedFromWhatItLeft) {
  const RunEnd end = run("");
  const Ruleset ruleset = load_ruleset(find_ruleset(source_dir() / "rules", ""));
  const auto verdicts = judge_run(store_, workspace(), end.run, ruleset, "");
  const auto status = [&](const std::string& rule) {
    for (const Verdict& v : verdicts)
      if (v.rule == rule && v.reading == Reading::strict) return v.status;
    ADD_FAILURE() << "no verdict for " << rule;
    return Status::unknown;
  };
  EXPECT_EQ(status("artifact_size"), Status::unknown);  // 334's code is as claimed: no file shows it
  EXPECT_EQ(status("score_before_update"), Status::pass);
  EXPECT_EQ(status("scored_once"), Status::pass);
  // An edited ledger is noticed.
  const auto ledger = workspace().run(end.run).root() / "ledger.jsonl";
  std::string lines = read_text(ledger);
  lines.replace(lines.find("sliding"), 7, "slidinG");
  std::filesystem::remove(ledger);
  std::ofstream(ledger) << lines;
  for (const Verdict& v : judge_run(store_, workspace(), end.run, ruleset, "")) {
    if (v.rule != "scored_once") continue;
    EXPECT_NE(v.status, Status::pass);
  }
}

TEST_F(RunTest, AnErrorOfTheEngineEndsTheRunInItsWords) {
  const RunEnd end = run("pack=exit:4");
  ASSERT_TRUE(end.failed);
  EXPECT_EQ(end.failed_phase, "pack");
  const RunRecord r = store_.load_run(end.run);
  EXPECT_EQ(r.run.state, RunState::failed);
  EXPECT_EQ(r.run.failure.kind, "exception");
  EXPECT_EQ(r.run.failure.message, "pack: step 3: loss is NaN; lower the rate");
  EXPECT_EQ(r.metrics.at("steps"), 5);  // training is kept
  EXPECT_TRUE(std::filesystem::exists(workspace().run(end.run).checkpoint()));
}

TEST_F(RunTest, ALimitKillsAndSaysSo) {
  RunOptions limited = options();
  limited.limits_s["eval"] = 0.5;
  const RunEnd end = run("eval=sleep:60", SandboxMode::automatic, &limited);
  ASSERT_TRUE(end.failed);
  EXPECT_EQ(exit_code_of(*end.failed), 5);
  const RunRecord r = store_.load_run(end.run);
  EXPECT_EQ(r.run.state, RunState::killed);
  EXPECT_EQ(r.run.failure.kind, "limit");
  EXPECT_EQ(r.phases.back().limit_ms, 500);
}

TEST_F(RunTest, AnArtifactThatIsALinkIsNone) {
  const auto other = directory_.file("other", "not yours");
  const RunEnd end = run("pack=link:" + other.string());
  ASSERT_TRUE(end.failed);
  EXPECT_EQ(exit_code_of(*end.failed), 4);
  EXPECT_THAT(end.failed->message, HasSubstr("ended well but left no"));
  const auto runs = store_.list_runs();
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].state, RunState::failed);
  EXPECT_EQ(read_text(other), "not yours");
}

TEST_F(RunTest, AnEvaluationThatDiedRunsAgainOnTheSavedArtifact) {
  const RunEnd end = run("eval=kill");
  EXPECT_EQ(store_.load_run(end.run).run.state, RunState::killed);
  const std::string artifact = text(end.run, "artifact.bin");
  Runner again(store_, workspace(), options());
  EXPECT_FALSE(again.go_on(end.run, "eval", data()).failed);
  const RunRecord r = store_.load_run(end.run);
  EXPECT_EQ(r.run.state, RunState::judging);
  EXPECT_EQ(r.metrics.at("val_bpb"), 1.25);
  EXPECT_EQ(r.phases[2].outcome, "killed");
  EXPECT_EQ(r.phases[3].name, "eval");
  EXPECT_EQ(r.phases[3].attempt, 2);
  EXPECT_EQ(text(end.run, "artifact.bin"), artifact);
  EXPECT_TRUE(std::filesystem::exists(workspace().run(end.run).root() / "attempts/eval-1/eval.stderr"));
}

TEST_F(RunTest, TrainingIsNotResumed) {
  const RunEnd end = run("train=exit:4");
  Runner again(store_, workspace(), options());
  EXPECT_THAT(error_of([&] { again.go_on(end.run, "eval", data()); }).what(), HasSubstr("saved no artifact"));
}

TEST_F(RunTest, AnArtifactChangedSinceIsNotEvaluated) {
  const RunEnd end = run("eval=kill");
  const auto file = workspace().run(end.run).artifact();
  std::filesystem::remove(file);
  std::ofstream(file) << "another";
  Runner again(store_, workspace(), options());
  const Error e = error_of([&] { again.go_on(end.run, "eval", data()); });
  EXPECT_EQ(e.kind(), ErrorKind::submission);
  EXPECT_EQ(store_.load_run(end.run).run.state, RunState::killed);
}

}  // namespace
}  // namespace pgolf
