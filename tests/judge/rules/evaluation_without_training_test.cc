// What an evaluation could see and reach.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

TEST_F(JudgeRunTest, EvaluationWithANetworkIsNotProvenClean) {
  write_all();
  facts("eval").network = true;
  EXPECT_EQ(strict("evaluation_without_training").status, Status::unknown);
  EXPECT_EQ(practice("evaluation_without_training").status, Status::pass);
}

}  // namespace
}  // namespace pgolf
