// What was scored and learned from, and when: the ledger, the probes, and what stands for them.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

using ::testing::HasSubstr;

// PR 334 as run, and with ttt.enabled = false.
TEST_F(JudgeRunTest, TrainingOnValidationBeforeScoringFails) {
  write_train(), write_pack(), write_eval([](Ledger& ledger) {
    for (int epoch = 0; epoch < 3; ++epoch)
      for (int64_t at = 0; at < kTargets; at += 1024) ledger.update("model", {{at, std::min(at + 1024, kTargets)}});
    score_all(ledger);
  });
  for (const auto& v : {strict("score_before_update"), practice("score_before_update")}) {
    EXPECT_EQ(v.status, Status::fail);
    EXPECT_EQ(v.observed, 300'000);
    EXPECT_EQ(v.limit, 0);
    EXPECT_EQ(v.evidence, "ledger.jsonl:2");
    EXPECT_THAT(v.reason, HasSubstr("100,000 targets were scored by a state fitted to them"));
  }
  EXPECT_EQ(strict("scored_once").status, Status::pass);
  EXPECT_EQ(strict("ledger_intact").status, Status::pass);
}

TEST_F(JudgeRunTest, ChunksInFileOrderWithoutBarriersAreToleratedInPractice) {
  write_train(), write_pack(), write_eval([](Ledger& ledger) {
    for (int r = 0; r < 8; ++r)
      ledger.score("ttt", {{r * 12'500, (r + 1) * 12'500}}, {"model", "mixer:r" + std::to_string(r)}, r);
    for (int r = 0; r < 8; ++r) ledger.update("mixer:r" + std::to_string(r), {{0, kTargets}}, r);
    ledger.sync();
    ledger.score("later", {{0, 10}}, {"mixer:r0"});
  });
  EXPECT_EQ(strict("score_before_update").status, Status::fail);  // state that nothing headline reads again
  EXPECT_EQ(practice("score_before_update").status, Status::warn);
}

TEST_F(JudgeRunTest, MissingAndRepeatedTargetsHaveTheirTolerance) {
  write_train(), write_pack(), write_eval([](Ledger& ledger) {
    ledger.score("ttt", {{0, 64}, {2048, kTargets}});
    for (int i = 0; i < 31; ++i) ledger.score("ttt", {{kTargets - 64, kTargets}});
  });
  EXPECT_EQ(strict("scored_once").status, Status::fail);
  EXPECT_EQ(strict("scored_once").observed, 1984 + 1984);
  EXPECT_THAT(strict("scored_once").reason, HasSubstr("100,000 targets, 98,016 of them scored, 1,984 scored again"));
  EXPECT_EQ(practice("scored_once").status, Status::warn);
}

TEST_F(JudgeRunTest, ALedgerAboutFewerTargetsThanTheDataHaveIsFound) {
  write_all();
  facts_.val_targets = kTargets + 5000;
  EXPECT_EQ(strict("scored_once").status, Status::fail);
  EXPECT_EQ(practice("scored_once").status, Status::fail);
  EXPECT_EQ(strict("scored_once").observed, 5000);
}

TEST_F(JudgeRunTest, AResultOfAnotherPassIsFound) {
  write_train(), write_pack(), write_eval([](Ledger& ledger) {
    score_all(ledger);
    ledger.update("model", {{0, kTargets}});
    ledger.score("second", {{0, kTargets}});
  });
  std::filesystem::remove(dir_ / "eval.events.jsonl");
  EventLog log(dir_ / "eval.events.jsonl", {"eval", "", ""});
  log.write(ValidationEvent{"second", "artifact", 1, 1, kTargets, kBytes, 1, true});
  EXPECT_EQ(strict("scored_once").status, Status::fail);
  EXPECT_THAT(strict("scored_once").reason, HasSubstr("pass 'second', the ledger has 100,000 of pass 'ttt'"));
}

TEST_F(JudgeRunTest, AnEditedLedgerFailsAndDecidesNothing) {
  write_all();
  auto text = read_text(dir_ / "ledger.jsonl");
  text.replace(text.find("0+100000"), 8, "0+099999");
  write_file_atomic(dir_ / "ledger.jsonl", text);
  EXPECT_EQ(strict("ledger_intact").status, Status::fail);
  EXPECT_THAT(strict("ledger_intact").reason, HasSubstr("ledger.jsonl:2: hash chain broken"));
  EXPECT_EQ(strict("score_before_update").status, Status::unknown);
  EXPECT_EQ(strict("scored_once").status, Status::unknown);
}

TEST_F(JudgeRunTest, ARewrittenLedgerIsNotTheOneThatWasClosed) {
  write_train(), write_pack(), write_eval([](Ledger& ledger) {
    ledger.update("model", {{0, kTargets}});
    score_all(ledger);
  });
  std::filesystem::remove(dir_ / "ledger.jsonl");
  Ledger forged(dir_ / "ledger.jsonl", {"ttt", kTargets, 8});
  score_all(forged);
  forged.close();
  EXPECT_EQ(strict("ledger_intact").status, Status::fail);
  EXPECT_THAT(strict("ledger_intact").reason, HasSubstr("not the ledger that the evaluation closed"));
  for (const auto* rule : {"score_before_update", "scored_once"})
    for (const auto& v : {strict(rule), practice(rule)}) {
      EXPECT_EQ(v.status, Status::unknown) << rule;
      EXPECT_THAT(v.reason, HasSubstr("the ledger is no evidence: this is not the ledger")) << rule;
    }
}

// #991, #846: score, train, score again. No update came early, and every target's second score was of what it trained.
TEST_F(JudgeRunTest, ScoringAgainAfterTrainingObservesWhatLeaked) {
  write_train(), write_pack(), write_eval([](Ledger& ledger) {
    score_all(ledger);
    ledger.update("model", {{0, kTargets}});
    score_all(ledger);
  });
  for (const auto& v : {strict("score_before_update"), practice("score_before_update")}) {
    EXPECT_EQ(v.status, Status::fail);
    EXPECT_EQ(v.observed, kTargets);
    EXPECT_EQ(v.limit, 0);
    EXPECT_THAT(v.reason,
                ::testing::StartsWith("100,000 targets were scored by a state fitted to them; first: line 4"));
  }
}

TEST_F(JudgeRunTest, ALedgerWithoutARecordedHeadProvesNothing) {
  write_all();
  facts_.ledger_head.clear();  // the log's own word for it is no second witness
  for (const auto* rule : {"ledger_intact", "score_before_update", "scored_once"})
    EXPECT_EQ(strict(rule).status, Status::unknown) << rule;
}

TEST_F(JudgeRunTest, ACutLedgerFails) {
  write_all();
  const auto text = read_text(dir_ / "ledger.jsonl");
  write_file_atomic(dir_ / "ledger.jsonl", text.substr(0, text.rfind("{\"op\":\"END\"")));
  EXPECT_EQ(strict("ledger_intact").status, Status::fail);
  EXPECT_EQ(strict("score_before_update").status, Status::unknown);
  facts("eval").finished = false;
  EXPECT_EQ(strict("ledger_intact").status, Status::unknown);
}

TEST_F(JudgeRunTest, AScoreThatIsNoDistributionFails) {
  write_train(), write_pack(), write_eval(score_all, 450'000, 16, 277.0);
  EXPECT_EQ(strict("normalised").status, Status::fail);
  EXPECT_EQ(practice("normalised").observed, 277.0);
  EXPECT_EQ(practice("normalised").limit, "1 ± 0.001");
  EXPECT_EQ(practice("normalised").evidence, "eval.events.jsonl:7");
}

TEST_F(JudgeRunTest, NoProbeIsNoObstacleInPractice) {
  write_train(), write_pack(), write_eval(score_all, 450'000, 0);
  EXPECT_EQ(practice("normalised").status, Status::unknown);
  EXPECT_FALSE(practice("normalised").counts);
  EXPECT_TRUE(strict("normalised").counts);
}

TEST_F(JudgeRunTest, AScoreThatSawTheFutureFails) {
  write_train(), write_pack(), write_eval(score_all, 450'000, 16, 1.0, 240);
  EXPECT_EQ(practice("causal").status, Status::fail);
  EXPECT_EQ(practice("causal").observed, 240);
}

}  // namespace
}  // namespace pgolf
