// The machine, as a publication states it.
#include "tests/judge/claims_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

TEST_F(JudgeClaimsTest, AnotherNumberOfProcessesIsAnotherMachine) {
  auto s = submission(754);
  s.hardware = "8x H100 80GB SXM";
  for (auto& claim : s.claims) claim.world_size = claim.source == "train_seed42.log" ? 1 : 8;
  const auto all = judge_claims(s, {}, rules());
  EXPECT_EQ(verdict(all, "hardware", Reading::strict, "train_seed1337.log").status, Status::pass);
  EXPECT_EQ(verdict(all, "hardware", Reading::strict, "train_seed42.log").status, Status::unknown);
  EXPECT_THAT(verdict(all, "hardware", Reading::strict, "train_seed42.log").reason, HasSubstr("prints 1 processes"));
}

}  // namespace
}  // namespace pgolf
