// Seeds of different scripts.
#include "tests/judge/claims_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

TEST_F(JudgeClaimsTest, SeedsOfDifferentScriptsAreTold) {
  auto s = submission(754);
  EXPECT_EQ(verdict(judge_claims(s, {}, rules()), "one_script", Reading::strict, "").status, Status::pass);
  for (auto& claim : s.claims)
    if (claim.source == "train_seed42.log") claim.code_bytes = *claim.code_bytes + 100;
  const auto v = verdict(judge_claims(s, {}, rules()), "one_script", Reading::strict, "");
  EXPECT_EQ(v.status, Status::fail);
  EXPECT_EQ(v.observed, 2);
  EXPECT_THAT(v.reason, HasSubstr("bytes of code in train_seed42.log"));
  EXPECT_EQ(verdict(judge_claims(s, {}, rules()), "one_script", Reading::practice, "").status, Status::warn);
}

}  // namespace
}  // namespace pgolf
