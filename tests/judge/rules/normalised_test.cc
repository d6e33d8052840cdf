// The probabilities of a score sum to one.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

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

}  // namespace
}  // namespace pgolf
