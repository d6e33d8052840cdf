// The GPUs that ran it.
#include "harness/judging/gather_evidence.h"
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

TEST_F(JudgeRunTest, OtherHardwareLeavesTheQuestionOpen) {
  write_all();
  facts_.gpu = "NVIDIA H100 PCIe";
  EXPECT_EQ(strict("hardware").status, Status::unknown);
  EXPECT_EQ(strict("hardware").observed, "8x NVIDIA H100 PCIe");
  facts_.gpu.clear();
  EXPECT_EQ(strict("hardware").observed, "CPU");
  EXPECT_EQ(outcome(judge(gather_evidence(facts_), ruleset_), Reading::practice), Status::pass);
  EXPECT_EQ(outcome(judge(gather_evidence(facts_), ruleset_), Reading::strict), Status::unknown);
}

}  // namespace
}  // namespace pgolf
