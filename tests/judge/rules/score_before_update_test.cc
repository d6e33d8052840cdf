// Every target is scored before anything learns from it.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

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

}  // namespace
}  // namespace pgolf
