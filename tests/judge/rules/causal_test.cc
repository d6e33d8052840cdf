// No score depends on what comes later.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

TEST_F(JudgeRunTest, AScoreThatSawTheFutureFails) {
  write_train(), write_pack(), write_eval(score_all, 450'000, 16, 1.0, 240);
  EXPECT_EQ(practice("causal").status, Status::fail);
  EXPECT_EQ(practice("causal").observed, 240);
}

}  // namespace
}  // namespace pgolf
