// Texts that say other than the logs.
#include "tests/judge/claims_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

TEST_F(JudgeClaimsTest, Pr334sTextsDescribeTwoRuns) {
  const auto all = judge_claims(submission(334), {}, rules());
  EXPECT_EQ(verdict(all, "claims_agree", Reading::strict, "README.md").status, Status::pass);
  EXPECT_EQ(verdict(all, "claims_agree", Reading::strict, "card").status, Status::pass);
  const auto json = verdict(all, "claims_agree", Reading::strict, "submission.json");
  EXPECT_EQ(json.status, Status::fail);
  EXPECT_THAT(json.reason, HasSubstr("total_bytes 17,396,551 (log: 16,182,081)"));
  EXPECT_THAT(json.reason, HasSubstr("val_bpb 1.2108 (log: 1.2207)"));
  EXPECT_EQ(verdict(all, "claims_agree", Reading::practice, "submission.json").status, Status::warn);
}

TEST_F(JudgeClaimsTest, ARoundedTimeIsNoContradiction) {
  const auto all = judge_claims(submission(849), {}, rules());  // "582 s" for 582,076 ms
  EXPECT_EQ(verdict(all, "claims_agree", Reading::strict, "README.md").status, Status::pass)
      << verdict(all, "claims_agree", Reading::strict, "README.md").reason;
  const auto other = judge_claims(submission(2143), {}, rules());
  EXPECT_EQ(verdict(other, "claims_agree", Reading::strict, "submission.json").reason,
            "1 of 4 statements are not in the logs: total_bytes 15,868,480 (log: 15,878,568)");
}

}  // namespace
}  // namespace pgolf
