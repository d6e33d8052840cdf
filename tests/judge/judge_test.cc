// Judging a run as a whole: what counts as evidence, and from which day rules hold.
#include "harness/judging/gather_evidence.h"
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

using ::testing::HasSubstr;

TEST_F(JudgeRunTest, ALegalRunPassesEveryRule) {
  write_all();
  const auto verdicts = judge(gather_evidence(facts_), ruleset_);
  EXPECT_EQ(verdicts.size(), 50u);
  for (const auto& v : verdicts) {
    EXPECT_EQ(v.status, Status::pass) << v.rule << " " << reading_name(v.reading) << ": " << v.reason;
    EXPECT_FALSE(v.citation.empty());
  }
  EXPECT_EQ(outcome(verdicts, Reading::strict), Status::pass);
  EXPECT_EQ(outcome(verdicts, Reading::practice), Status::pass);
}

TEST_F(JudgeRunTest, JudgingIsAPureFunction) {
  write_all();
  const auto run = gather_evidence(facts_);
  EXPECT_EQ(verdicts_to_json(judge(run, ruleset_)), verdicts_to_json(judge(run, ruleset_)));
}

TEST_F(JudgeRunTest, WithoutEvidenceNothingPasses) {
  facts_.phases.clear();
  facts_.model_bytes.reset();
  facts_.artifact_sha256.clear();
  facts_.manifest.clear();
  facts_.gpu.clear();
  facts_.val_targets.reset();
  facts_.submission.clear();
  const auto verdicts = judge(gather_evidence(facts_), ruleset_);
  for (const auto& v : verdicts) EXPECT_EQ(v.status, Status::unknown) << v.rule << ": " << v.reason;
  EXPECT_EQ(outcome(verdicts, Reading::practice), Status::unknown);
  EXPECT_EQ(outcome({}, Reading::strict), Status::unknown);
}

TEST_F(JudgeRunTest, ALogThatWasEditedIsNoEvidence) {
  write_all();
  const auto log = dir_ / "eval.events.jsonl";
  facts("eval").events_sha256 = sha256_file(log);
  EXPECT_EQ(strict("normalised").status, Status::pass);
  write_file_atomic(log, read_text(log) + "\n");
  EXPECT_EQ(strict("ledger_intact").status, Status::fail);
  EXPECT_THAT(strict("ledger_intact").reason, HasSubstr("not the log that the phase left"));
  for (const char* rule : {"normalised", "causal", "byte_count", "artifact_identity", "evaluation_without_training"})
    EXPECT_EQ(strict(rule).status, Status::unknown) << rule;
}

TEST_F(JudgeRunTest, LogsThatAreGoneOrOfAnotherConfigurationProveNothing) {
  write_all();
  facts_.config_sha256 = std::string(64, 'c');
  EXPECT_EQ(strict("ledger_intact").status, Status::fail);
  facts_.config_sha256.clear();
  std::filesystem::remove(dir_ / "pack.events.jsonl");
  EXPECT_EQ(strict("artifact_identity").status, Status::unknown);
}

TEST_F(JudgeRunTest, RulesHoldFromTheirDayOn) {
  write_all();
  const auto run = gather_evidence(facts_);
  const auto has = [&](std::string_view date, std::string_view rule) {
    const auto verdicts = judge(run, ruleset_, date);
    return std::any_of(verdicts.begin(), verdicts.end(), [&](const Verdict& v) { return v.rule == rule; });
  };
  EXPECT_FALSE(has("2026-03-19", "score_before_update"));
  EXPECT_TRUE(has("2026-03-20", "score_before_update"));
  EXPECT_FALSE(has("2026-03-26", "normalised"));
  EXPECT_TRUE(has("2026-03-27", "normalised"));
  EXPECT_THROW(judge(run, ruleset_, "yesterday"), Error);
}

}  // namespace
}  // namespace pgolf
