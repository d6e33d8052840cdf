// The ledger is the one that the evaluation closed.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

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

}  // namespace
}  // namespace pgolf
