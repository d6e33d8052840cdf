#include "harness/judging/rejudge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "harness/judging/check_report.h"
#include "harness/judging/find_ruleset.h"
#include "harness/judging/judging.h"
#include "harness/judging/published_logs.h"
#include "judge/judge_claims.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class RejudgeTest : public HarnessFixture {
 protected:
  std::string run_of(Store& store, const std::string& behaviour = "") {
    const EngineBehaviour plan(behaviour);
    const DataManifest prepared = data();
    const RunEnd end = Runner(store, workspace(), options()).run(submission(), pinned(), prepared);
    if (!end.failed) store.move(end.run, RunState::done);
    return end.run;
  }
  Rejudged again(Store& store, const std::string& run, std::string_view as_of = "", bool dry_run = false) {
    return rejudge(store, workspace(), run, ruleset_, as_of, dry_run);
  }

  Ruleset ruleset_ = load_ruleset(find_ruleset(source_dir() / "rules", ""));
};

TEST_F(RejudgeTest, TellsWhatChanged) {
  Store store = Store::open(workspace().database());
  const std::string run = run_of(store);
  EXPECT_EQ(again(store, run).before, "");
  const Rejudged same = again(store, run);
  EXPECT_EQ(same.before, "pg-2026-05-02.3 as of 2026-05-02");
  EXPECT_THAT(same.changes, IsEmpty());
  // The ledger is edited: the chain no longer holds.
  const fs::path ledger = workspace().home / run / "ledger.jsonl";
  std::string text = read_text(ledger);
  text[text.find_first_of("0123456789", text.find("SCORE"))] ^= 1;
  write_file_atomic(ledger, text);
  std::vector<std::string> changes;
  for (const VerdictChange& c : again(store, run, "", true).changes) changes.push_back(change_text(c));
  EXPECT_THAT(changes, Contains("ledger_intact (strict): pass -> fail"));
  EXPECT_THAT(changes, Contains("ledger_intact (practice): pass -> fail"));
  EXPECT_EQ(store.load_run(run).judgement->verdicts.size(), same.verdicts.size());
  EXPECT_EQ(again(store, run, "").changes.size(), changes.size()) << "a dry run is not kept";
  EXPECT_THAT(again(store, run).changes, IsEmpty());
}

TEST_F(RejudgeTest, AnEarlierDayHasFewerRules) {
  Store store = Store::open(workspace().database());
  const std::string run = run_of(store);
  const size_t today = again(store, run).verdicts.size();
  const Rejudged early = again(store, run, "2026-03-19");
  EXPECT_LT(early.verdicts.size(), today);
  EXPECT_EQ(early.changes.size(), today - early.verdicts.size());
  for (const VerdictChange& c : early.changes) EXPECT_EQ(c.now, "-");
  EXPECT_EQ(store.load_run(run).judgement->as_of, "2026-03-19");
}

TEST_F(RejudgeTest, RunsThatDidNotReachTheirEndAreOpen) {
  Store store = Store::open(workspace().database());
  const std::string failed = run_of(store, "train=exit:4"), unscored = run_of(store, "eval=exit:4");
  const std::string lost = run_of(store);
  fs::remove_all(workspace().home / lost);
  for (const std::string& run : {failed, unscored, lost}) {
    const Rejudged r = again(store, run);
    EXPECT_EQ(r.problem, "") << run;
    for (const Verdict& v : r.verdicts) {
      if (v.rule != "score_before_update" && v.rule != "scored_once" && v.rule != "byte_count") continue;
      EXPECT_EQ(v.status, Status::unknown) << run << " " << v.rule << ": " << v.reason;
    }
  }
}

TEST_F(RejudgeTest, ADamagedRecordKeepsNoOtherRunFromBeingJudged) {
  std::vector<Rejudged> all(3);
  all[0].run = "a", all[0].verdicts.resize(1), all[0].verdicts[0].status = Status::pass;
  all[1].run = "b", all[1].problem = "its record is damaged";
  all[2].run = "c";
  EXPECT_EQ(exit_code_of(all, Reading::strict), 8);
  EXPECT_THAT(rejudged_text(all), HasSubstr("not judged: its record is damaged"));
}

TEST(CheckReport, BothReadingsStandOnOneLineWithWhatTheyRestOn) {
  const Submission s = load_submission(source_dir() / "submissions/pr-334");
  const Ruleset rules = load_ruleset(find_ruleset(source_dir() / "rules", ""));
  const std::string text = claims_text(judge_claims(s, {}, rules));
  EXPECT_THAT(text, HasSubstr("Code plus compressed model fit in 16 MB [artifact_size]\n"
                              "  fail    fail      train.log        16,182,081 bytes, limit 16,000,000 bytes: code "
                              "49,461 as claimed: over by "
                              "182,081 bytes\n"));
  EXPECT_THAT(text, HasSubstr("  fail    fail      submission.json  17,396,551 bytes, limit 16,000,000 bytes: code "
                              "49,495 as claimed: over by "
                              "1,396,551 bytes\n"));
  EXPECT_THAT(text,
              HasSubstr("    strict rests on: README, FAQ: the artifact is code bytes plus compressed model bytes"));
  EXPECT_THAT(text, HasSubstr("practice: 6400.210 s, limit 600.000 s: does not apply to this track"));
  EXPECT_THAT(text, testing::StartsWith("outcome: strict fail (artifact_size, train_time, claims_agree), practice fail "
                                        "(artifact_size)\n"));
}

TEST(CheckReport, EverySubmissionHasALine) {
  const Ruleset rules = load_ruleset(find_ruleset(source_dir() / "rules", ""));
  std::vector<CheckedSubmission> all;
  for (const char* name : {"pr-334", "pr-754", "pr-849", "pr-2143", "pr-2097"}) {
    const Submission s = load_submission(source_dir() / "submissions" / name);
    all.push_back({name, judge_claims(s, published_logs(s, s.directory), rules), "", ""});
  }
  const std::vector<std::vector<std::string>> practice{
      {"artifact_size"}, {}, {}, {}, {"size_adds_up", "byte_count", "seeds_independent"}};
  const std::vector<Status> outcomes{Status::fail, Status::unknown, Status::unknown, Status::unknown, Status::fail};
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(failed_rules(all[i].verdicts, Reading::practice), practice[i]) << all[i].id;
    EXPECT_EQ(outcome(all[i].verdicts, Reading::practice), outcomes[i]) << all[i].id;
    EXPECT_EQ(outcome(all[i].verdicts, Reading::strict), Status::fail) << all[i].id;
  }
  EXPECT_THAT(checked_text(all),
              HasSubstr("pr-2097    fail     fail      size_adds_up, byte_count, seeds_independent;"));
}

TEST(PublishedLogs, FingerprintsServeWhereLogsDoNotLie) {
  const Submission s = load_submission(source_dir() / "submissions/pr-2097");
  const Ruleset rules = load_ruleset(find_ruleset(source_dir() / "rules", ""));
  for (const Verdict& v : judge_claims(s, published_logs(s, s.directory), rules)) {
    if (v.rule != "seeds_independent") continue;
    EXPECT_EQ(v.status, Status::fail);
    EXPECT_THAT(v.reason, testing::AnyOf(HasSubstr("94 of 112 measured lines"), HasSubstr("95 of 112 measured lines")));
  }
  const TempDirectory dir;
  dir.file("train_seed42.log", "step 1 val_loss: 2.3456\n");
  EXPECT_EQ(published_logs(s, dir.path()).size(), 1u);  // the logs themselves come first
  write_log_lines(dir.path() / "lines.json", published_logs(s, dir.path()));
  dir.file(kLogLines, "{\"format\": \"pgolf.log-lines/4\", \"logs\": {}}");
  fs::remove(dir.path() / "train_seed42.log");
  EXPECT_THAT(error_of([&] { published_logs(s, dir.path()); }).what(), HasSubstr("is not 'pgolf.log-lines/3'"));
  dir.file(kLogLines, R"({"format": "pgolf.log-lines/3", "logs": {"train_seed42.log": ["0106208c8e70edd7"]}})");
  EXPECT_THAT(error_of([&] { published_logs(s, dir.path()); }).what(), HasSubstr("is not a line number"));
}

}  // namespace
}  // namespace pgolf
