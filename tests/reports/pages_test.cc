#include "reports/pages.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "db/run_clock.h"
#include "reports/escape.h"
#include "tests/reports/fixture.h"
#include "tests/reports/page_check.h"

namespace pgolf {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PagesTest : public ::testing::Test {
 protected:
  Record record_;
};

TEST_F(PagesTest, AFinishedRunTellsItsStory) {
  record_.add_submission();
  record_.add_finished("run-1", 2.0712);
  const auto view = load_run_view(record_.store(), "run-1", kMargin);
  EXPECT_EQ(view.strict, "fail");
  EXPECT_EQ(view.total_bytes, 913'211 + 49'461);
  ASSERT_EQ(view.rules.size(), 5u);
  EXPECT_EQ(view.rules[0].rule, "score_before_update");  // what is wrong comes first
  EXPECT_EQ(view.rules[1].rule, "hardware");
  EXPECT_EQ(view.bytes.size(), 5u);  // three classes, the rest, the code
  const auto page = run_page(view, "index.html");
  expect_self_contained(page);
  for (const auto* part :
       {"2.0712", "962,672", "41.230 s", "122,880 targets", "Every token an update saw was scored before",
        "condition 3 of #1017", "ledger.jsonl:2", "1.2207", "16,182,081", "linear in wall clock", "attention, int5",
        "training loss, nats per token", "bits per byte so far", "pgolf reproduce 334 --profile demo",
        "model.num_layers", "AMD EPYC", "index.html", "Not the submission as it ran"})
    EXPECT_THAT(page, HasSubstr(part));
  EXPECT_EQ(page, run_page(view, "index.html"));
}

// The time that the strict reading counts stands in the head, in the verdict and in the chart; no other does.
TEST_F(PagesTest, ATimeIsGivenOnceWithWhoMustDoWhat) {
  record_.add_submission();
  record_.add_finished("run-1", 2.0712);
  JudgementRow judgement = *record_.store().load_run("run-1").judgement;
  for (VerdictRow& v : judgement.verdicts)
    if (v.rule == "eval_time") {
      Json d = Json::parse(v.document);
      d["observed"] = v.reading == "strict" ? 20'341 : 18'400;
      v.document = d.dump();
    }
  record_.store().put_judgement(judgement);
  const RunView view = load_run_view(record_.store(), "run-1", kMargin);
  EXPECT_EQ(view.time_ms("eval"), 20'341);
  EXPECT_EQ(view.phases.back().counted_ms, 20'341);
  const std::string page = run_page(view, "");
  EXPECT_THAT(page, HasSubstr("as the rule counts; limit 600.000 s"));
  EXPECT_THAT(page, HasSubstr("<div class=\"value\">20.341 s"));
  EXPECT_THAT(page, HasSubstr("counted 20.341 s"));
  EXPECT_THAT(page, Not(HasSubstr("18.4 s")));
  EXPECT_EQ(view.to_do, "the submission must keep score_before_update; a further run must show hardware");
  EXPECT_THAT(page, HasSubstr(view.to_do));
  EXPECT_THAT(leaderboard_csv({view}), HasSubstr(",20341,"));
}

TEST_F(PagesTest, AReplaySaysWhatItCameTo) {
  record_.add_submission();
  record_.add_finished("run-1", 2.0712);
  record_.add_finished("run-2", 2.0712);
  record_.add_finished("run-3", 2.0712);
  const std::string sha = load_run_view(record_.store(), "run-2", kMargin).artifact_sha256;
  record_.store().put_replay({"run-2", "run-1", "aa", sha});
  record_.store().put_replay({"run-3", "run-1", "aa", "another"});
  const auto equal = load_run_view(record_.store(), "run-2", kMargin),
             different = load_run_view(record_.store(), "run-3", kMargin);
  expect_self_contained(run_page(equal, ""));
  EXPECT_THAT(run_page(equal, ""), HasSubstr("banner pass\"><p>replay of run-1: the same artifact, SHA-256 " + sha));
  EXPECT_THAT(run_markdown(equal), HasSubstr("the same artifact"));
  EXPECT_THAT(run_page(different, ""), HasSubstr("banner fail\"><p>replay of run-1: ANOTHER artifact"));
  EXPECT_THAT(run_page(load_run_view(record_.store(), "run-1", kMargin), ""), Not(HasSubstr("replay of")));
}

TEST_F(PagesTest, ThePublishedClockAndItsCurveAreDrawn) {
  Json d = {{"headline", {{"eval", "live"}}}, {"claims", Json::array()}};
  d["published"] = {
      {{"log", "a.log"}, {"seed", 42}, {"steps", 600}, {"train_loss", {{1, 9.5}, {600, 9.25}}}},
      {{"log", "b.log"}, {"seed", 1337}, {"steps", 600}, {"train_loss", {{1, 6.9}, {300, 4}, {600, 3.5}, {900, 3}}}}};
  record_.store().put_submission({"pr-334", "t", "a", "x", std::string(40, 'a'), 334, 1, d.dump()});
  record_.add_finished("run-1", 2.0712);
  record_.add_finished("run-2", 2.0712);
  record_.store().put_curve("run-2", "rank0_loss", {{1, 137.0, 6.9}, {2, 274.0, 6.8}});
  std::map<std::string, std::string> facts;
  add_clock_facts(facts, {"b.log", "ab", 1337, 600, 300});
  record_.store().put_environment("run-2", facts);

  const RunView timed = load_run_view(record_.store(), "run-1", kMargin),
                clocked = load_run_view(record_.store(), "run-2", kMargin);
  EXPECT_EQ(timed.clock, "");
  EXPECT_EQ(timed.published->source, "b.log, seed 1337");  // of its own seed
  EXPECT_EQ(timed.published->points.at(1).x, 300);
  EXPECT_EQ(clocked.clock, "on the published clock: b.log, seed 1337, 600 steps resampled to 300");
  EXPECT_EQ(clocked.published->source, "b.log, seed 1337, 600 steps drawn over 300");
  EXPECT_EQ(clocked.published->points.at(1).x, 150.5);  // at the same fraction
  const std::string page = run_page(clocked, "");
  expect_self_contained(page);
  EXPECT_THAT(page, HasSubstr("Clock: on the published clock: b.log"));
  EXPECT_THAT(page, HasSubstr("published curve: b.log, seed 1337, 600 steps drawn over 300"));
  EXPECT_THAT(page, HasSubstr("each step, rank 0"));
  EXPECT_THAT(run_page(timed, ""), Not(HasSubstr("Clock: ")));
  EXPECT_THAT(run_markdown(clocked), HasSubstr("**Clock.** on the published clock"));
  EXPECT_THAT(leaderboard_page({clocked}), HasSubstr("on the published clock"));
}

TEST_F(PagesTest, AnotherEngineAndAnEditedRulesetStandOnEveryPage) {
  record_.add_submission();
  record_.add_finished("run-1", 2.0712);
  record_.store().put_environment("run-1", {{"engine_built_sha256", "own"}});
  PhaseRow phase = record_.store().load_run("run-1").phases.back();
  phase.document = R"({"engine_sha256":"foreign"})";
  record_.store().put_phase(phase);
  JudgementRow judgement = *record_.store().load_run("run-1").judgement;
  judgement.ruleset += "+edited";
  record_.store().put_judgement(judgement);
  const auto view = load_run_view(record_.store(), "run-1", kMargin);
  const auto page = run_page(view, "");
  expect_self_contained(page);
  EXPECT_THAT(page,
              HasSubstr("banner fail\"><p>Computed by another engine: not the engine that this run&apos;s pgolf was "
                        "built with (own): eval by SHA-256 foreign."));
  EXPECT_THAT(page, HasSubstr("pg-2026-05-02+edited, SHA-256 <span class=\"mono\">" + std::string(64, 'd')));
  EXPECT_THAT(run_markdown(view), HasSubstr("**Computed by another engine**"));
  EXPECT_THAT(run_markdown(view), HasSubstr(std::string(64, 'd')));
  const std::string remark = "no rank: by another engine, judged by pg-2026-05-02+edited";
  EXPECT_THAT(leaderboard_page({view}), HasSubstr(remark));
}

TEST_F(PagesTest, ARecordRunOnOtherTextIsMarkedOnTheLeaderboard) {
  record_.add_submission();
  record_.add_run("run-1", "record");
  JudgementRow judgement;
  judgement.run = "run-1", judgement.ruleset = "pg", judgement.ruleset_sha256 = "s", judgement.as_of = "2026-05-02";
  record_.add_verdict(judgement, "validation_set", "The validation set is the challenge's", "strict", "unknown", "5",
                      "6", "", "other text", "README");
  record_.store().put_judgement(judgement);
  RunView view = load_run_view(record_.store(), "run-1", kMargin);
  EXPECT_THAT(leaderboard_page({view}), HasSubstr("on other text"));
  EXPECT_THAT(leaderboard_page({view}), HasSubstr(", judged by pg</span>"));
  view.rules.front().strict.status = "warn";  // the challenge's numbers, whose tokens nobody has published
  EXPECT_THAT(leaderboard_page({view}), Not(HasSubstr("on other text")));
}

TEST_F(PagesTest, TheRunSaysWhetherItReproducesTheClaim) {
  record_.add_submission();
  record_.add_finished("run-1", 2.0712);
  const auto view = load_run_view(record_.store(), "run-1", kMargin);
  EXPECT_EQ(view.reproduced, "inconclusive");
  EXPECT_THAT(run_page(view, ""), HasSubstr("profile demo is a scaling"));
  EXPECT_THAT(run_markdown(view), HasSubstr("**Reproduction of the claim: inconclusive.** profile demo is a scaling"));
}

TEST_F(PagesTest, ClaimStandsBesideResult) {
  record_.add_submission();
  record_.add_finished("run-1", 2.0712);
  const auto view = load_run_view(record_.store(), "run-1", kMargin);
  ASSERT_FALSE(view.claims.empty());
  EXPECT_EQ(view.claims[0].what, "val_bpb (live)");
  EXPECT_EQ(view.claims[0].claimed, "1.2207");
  EXPECT_EQ(view.claims[0].source, "README.md, headline; train.log");
  EXPECT_EQ(view.claims[0].result, "2.0612 (prequant)");
  EXPECT_EQ(view.claims[0].difference, "+0.8405");
}

TEST_F(PagesTest, AnEmptyRunHasAPage) {
  record_.add_submission();
  record_.add_run("run-0");
  record_.store().move("run-0", RunState::failed, {"out_of_memory", "train: killed by the kernel"});
  const auto view = load_run_view(record_.store(), "run-0", kMargin);
  const auto page = run_page(view);
  expect_self_contained(page);
  EXPECT_THAT(page, HasSubstr("This run was not judged"));
  EXPECT_THAT(page, HasSubstr("nothing was recorded"));
  EXPECT_THAT(page, HasSubstr("out_of_memory: train: killed by the kernel"));
  EXPECT_THAT(run_markdown(view), HasSubstr("The run did not reach its end"));
}

TEST_F(PagesTest, HostileTextStaysText) {
  record_.add_submission("pr-666", kHostile);
  record_.add_run("run-h", "demo", 1, "pr-666", {kHostile});
  record_.store().put_environment("run-h", {{kHostile, kHostile}});
  record_.store().move("run-h", RunState::failed, {kHostile, kHostile});
  record_.add_phase("run-h", "train", 100, 50, "train");
  JudgementRow judgement;
  judgement.run = "run-h", judgement.ruleset = "r", judgement.ruleset_sha256 = "s", judgement.as_of = "2026-05-02";
  record_.add_verdict(judgement, "artifact_size", kHostile, "strict", "fail", kHostile, kHostile, kHostile, kHostile,
                      kHostile);
  record_.store().put_judgement(judgement);
  ArtifactRow artifact;
  artifact.run = "run-h", artifact.name = "artifact", artifact.path = "a", artifact.bytes = 10, artifact.sha256 = "x";
  artifact.document = Json{{"classes", {{{"name", kHostile}, {"bytes", 10}}}}}.dump();
  record_.store().put_artifact(artifact);
  const auto view = load_run_view(record_.store(), "run-h", kMargin);
  for (const auto& page : {run_page(view), leaderboard_page({view})}) {
    EXPECT_EQ(unbalanced(page), "");
    EXPECT_THAT(page, Not(HasSubstr("<script")));
    EXPECT_THAT(page, Not(HasSubstr(" onload=\"")));
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert("));
    EXPECT_THAT(page, HasSubstr("{{style}}"));  // not taken for a template
  }
  for (const auto& text : {run_markdown(view), leaderboard_markdown({view})}) {
    EXPECT_THAT(text, Not(HasSubstr("<script")));
    EXPECT_THAT(text, Not(HasSubstr("\n=cmd")));
  }
}

TEST_F(PagesTest, TheLeaderboardKeepsProfilesApartAndOrdersThem) {
  record_.add_submission();
  record_.add_finished("run-worse", 2.09, true);
  record_.add_finished("run-better", 2.07, true, 7);
  record_.add_finished("run-best", 2.05, true, 42, {"ttt.enabled=false"});
  record_.add_run("run-record", "record");
  std::vector<RunView> views;
  for (const auto* id : {"run-worse", "run-better", "run-best", "run-record"})
    views.push_back(load_run_view(record_.store(), id, kMargin));
  const auto page = leaderboard_page(views);
  expect_self_contained(page);
  EXPECT_LT(page.find("Profile record"), page.find("Profile demo"));
  EXPECT_LT(page.find("run-better.html"), page.find("run-worse.html"));
  EXPECT_LT(page.find("run-worse.html"), page.find("run-best.html"));  // a variant stands below what is ranked
  EXPECT_THAT(page, HasSubstr("no rank: with overrides"));
  EXPECT_THAT(page, HasSubstr("with ttt.enabled=false"));
  const auto csv = leaderboard_csv(views);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5);
  EXPECT_THAT(csv, HasSubstr("run-best,pr-334,334,demo,ttt.enabled=false,42,done,"));
  EXPECT_THAT(leaderboard_markdown(views), HasSubstr("| 1 | pr-334 | 2.0800 | 2 | 0.0141 | 962,672 |"));
  EXPECT_THAT(leaderboard_markdown(views),
              HasSubstr("| - | pr-334 with ttt.enabled=false (with overrides) | 2.0500 | 1 | - | 962,672 |"));
}

TEST_F(PagesTest, AnEmptyLeaderboardSaysSo) {
  expect_self_contained(leaderboard_page({}));
  EXPECT_THAT(leaderboard_page({}), HasSubstr("There are no runs yet"));
  EXPECT_THAT(leaderboard_markdown({}), HasSubstr("no runs yet"));
}

TEST_F(PagesTest, AnImportedRunIsMarkedWhereverItIsShown) {
  record_.add_submission();
  record_.add_finished("run-1", 2.07);
  RunRecord taken = record_.store().load_run("run-1");
  taken.run.id = taken.run.directory = "run-2", taken.run.bundle_sha256 = std::string(64, 'f');
  for (PhaseRow& phase : taken.phases) phase.run = "run-2";
  record_.store().import_run(taken);
  const RunView own = load_run_view(record_.store(), "run-1", kMargin),
                imported = load_run_view(record_.store(), "run-2", kMargin);
  EXPECT_THAT(run_page(own), Not(HasSubstr("Imported on")));
  EXPECT_THAT(run_page(imported), HasSubstr("Imported on"));
  EXPECT_THAT(run_page(imported), HasSubstr(std::string(64, 'f')));
  EXPECT_THAT(run_markdown(imported), HasSubstr("> Imported from a bundle"));
  EXPECT_THAT(leaderboard_page({own, imported}), HasSubstr("no rank: imported"));
  EXPECT_THAT(leaderboard_markdown({own, imported}), HasSubstr("| - | pr-334 (imported, no result) | - |"));
  EXPECT_THAT(leaderboard_csv({own, imported}), HasSubstr(imported.imported_at + "\r\n"));
}

TEST_F(PagesTest, ADamagedDocumentIsAnErrorOfTheDatabase) {
  record_.add_submission();
  record_.add_run("run-1");
  JudgementRow judgement;
  judgement.run = "run-1", judgement.ruleset = "r", judgement.ruleset_sha256 = "s", judgement.as_of = "2026-05-02";
  judgement.verdicts.push_back({"artifact_size", "strict", "pass", "[]"});
  record_.store().put_judgement(judgement);
  try {
    load_run_view(record_.store(), "run-1", kMargin);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::database);
  }
}

}  // namespace
}  // namespace pgolf
