// Every target is scored, and once.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

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

}  // namespace
}  // namespace pgolf
