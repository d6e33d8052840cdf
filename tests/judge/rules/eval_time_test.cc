// The time of a run's evaluation against its limit.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

TEST_F(JudgeRunTest, AFalseWordOnAPartIsNoCleanPass) {
  write_all();
  facts("eval").span_ms[kPartEval] = 474'000;  // 5 % and 2 s: a late line of the log
  EXPECT_EQ(strict("eval_time").status, Status::pass);
  facts("eval").span_ms[kPartEval] = 476'000;
  EXPECT_EQ(strict("eval_time").status, Status::warn);
  EXPECT_EQ(practice("eval_time").status, Status::warn);
  EXPECT_EQ(practice("eval_time").observed, 476'000);
  EXPECT_EQ(practice("eval_time").reason,
            "the scored pass; 'eval.scored' took 450.000 s by the phase's own word, 476.000 s by the harness's clock");
  facts("eval").late_ms[kPartEval] = 2'000;  // the harness came late itself, and knows it
  EXPECT_EQ(strict("eval_time").status, Status::pass);
  EXPECT_EQ(practice("eval_time").observed, 476'000);
  facts("eval").late_ms[kPartEval] = 100;
  EXPECT_EQ(strict("eval_time").status, Status::warn);
  facts("eval").span_ms[kPartEval] = 601'000;
  EXPECT_EQ(practice("eval_time").status, Status::fail);
  facts("eval").span_ms[kPartEval] = 300'000;  // nor is one that overstates
  EXPECT_EQ(strict("eval_time").status, Status::warn);
}

TEST_F(JudgeRunTest, ALongEvaluationFails) {
  write_all();
  facts("eval").span_ms["eval.sliding"] = 223'155;
  EXPECT_EQ(strict("eval_time").status, Status::fail);    // every pass over validation data
  EXPECT_EQ(practice("eval_time").status, Status::pass);  // the scored pass
  EXPECT_EQ(strict("eval_time").observed, 673'155);
  EXPECT_EQ(practice("eval_time").observed, 450'000);
  facts("eval").span_ms[kPartEval] = 688'000;
  EXPECT_EQ(practice("eval_time").status, Status::fail);
}

}  // namespace
}  // namespace pgolf
