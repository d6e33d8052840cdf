// Scored again from the artifact alone, it comes to the same.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

class Audited : public JudgeRunTest {
 protected:
  Audited() { write_all(); }
  void audit(double claimed, double found, bool same_kind, const std::string& difference) {
    AuditFacts& a = facts_.audit.emplace(honest_audit());
    a.same_kind = same_kind, a.claimed_bpb = claimed, a.found_bpb = found, a.difference = difference;
    if (!difference.empty()) a.difference_at = "eval.events.jsonl:9";
  }
};

TEST_F(Audited, EqualBitsPass) {
  audit(1.2, 1.2, true, "");
  EXPECT_EQ(strict("audited").status, Status::pass);
  EXPECT_EQ(strict("audited").observed, 1.2);
  EXPECT_EQ(strict("audited").author, "pgolf");
}

TEST_F(Audited, OneBitFailsWhereEveryBitMustBeTheSame) {
  audit(1.2, std::nextafter(1.2, 2), true, "result of pass 'ttt': val_bpb 1.2 there, 1.2000000000000002 here");
  EXPECT_EQ(strict("audited").status, Status::fail);
  EXPECT_EQ(practice("audited").status, Status::fail);
  EXPECT_THAT(strict("audited").reason, HasSubstr("every bit must be the same: result of pass 'ttt'"));
  EXPECT_EQ(strict("audited").evidence, "eval.events.jsonl:9");
}

TEST_F(Audited, ElsewhereThereIsATolerance) {
  audit(1.2, 1.2004, false, "another bit");
  EXPECT_EQ(strict("audited").status, Status::pass);
  audit(1.2, 1.2006, false, "another bit");
  EXPECT_EQ(strict("audited").status, Status::fail);
  EXPECT_THAT(strict("audited").reason, HasSubstr("0.0006 apart, tolerance 0.0005"));
}

TEST_F(Audited, TheLedgerHasNoTolerance) {
  audit(1.2, 1.2, false, "");
  facts_.audit->ledger_difference = "line 7 of the ledger: a there, b here", facts_.audit->ledger_at = "ledger.jsonl:7";
  EXPECT_EQ(strict("audited").status, Status::fail);
  EXPECT_EQ(strict("audited").evidence, "ledger.jsonl:7");
}

// Steps that were trained again count as far as they must be the same to the last bit.
TEST_F(Audited, AStepThatDiffersFails) {
  audit(1.2, 1.2, true, "");
  StepAudit& steps = facts_.audit->steps.emplace();
  steps.drawn = {3, 9}, steps.replayed = 5, steps.same_kind = true;
  EXPECT_EQ(strict("audited").status, Status::pass);
  EXPECT_THAT(strict("audited").reason, HasSubstr("; 2 steps drawn, 5 trained again: the same bits"));
  steps.difference = "step 3: the root of its hashes is a there, b here", steps.difference_at = "train.events.jsonl:9";
  EXPECT_EQ(strict("audited").status, Status::fail);
  EXPECT_EQ(strict("audited").reason, "trained again: step 3: the root of its hashes is a there, b here");
  EXPECT_EQ(strict("audited").evidence, "train.events.jsonl:9");
  steps.same_kind = false;
  EXPECT_EQ(strict("audited").status, Status::pass);
}

// Missing evidence does not count.
TEST_F(Audited, WhatIsNoAuditIsUnknown) {
  facts_.audit.reset();
  EXPECT_EQ(strict("audited").status, Status::unknown);
  EXPECT_FALSE(strict("audited").counts);
  audit(1.2, 1.2, true, "");
  facts_.audit->own_engine = false;
  EXPECT_THAT(strict("audited").reason, HasSubstr("another engine than pgolf's own"));
  EXPECT_EQ(strict("audited").status, Status::unknown);
  audit(1.2, 1.2, true, "");
  facts_.audit->artifact_sha256 = "bb";
  EXPECT_THAT(strict("audited").reason, HasSubstr("not the artifact that is there"));
  facts_.audit->problem = "audit.json is not the file that was recorded";
  EXPECT_EQ(strict("audited").reason, "audit.json is not the file that was recorded");
  audit(1.2, 1.2, true, "");
  facts_.audit->found_bpb.reset();
  EXPECT_EQ(strict("audited").status, Status::unknown);
}

}  // namespace
}  // namespace pgolf
