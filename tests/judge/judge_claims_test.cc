// Publications under all rules together.
#include "judge/judge_claims.h"

#include "tests/judge/claims_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

TEST_F(JudgeClaimsTest, Pr754sThreeSeedsAreConsistent) {
  const auto all = judge_claims(submission(754), {}, rules());
  for (const auto* log : {"train_seed1337.log", "train_seed42.log", "train_seed2024.log"}) {
    EXPECT_EQ(verdict(all, "size_adds_up", Reading::strict, log).status, Status::pass);
    EXPECT_EQ(verdict(all, "byte_count", Reading::strict, log).status, Status::pass) << log;
    EXPECT_EQ(verdict(all, "printed_precision", Reading::strict, log).status, Status::pass);
  }
  EXPECT_THAT(verdict(all, "claims_agree", Reading::strict, "card").reason, HasSubstr("ttt val_bpb 1.1253"));
}

TEST_F(JudgeClaimsTest, Pr2097HasOneSeedThatAgreesWithItself) {
  const auto all = judge_claims(submission(2097), {}, rules());
  EXPECT_EQ(verdict(all, "size_adds_up", Reading::strict, "train_seed42.log").status, Status::pass);
  const auto zero = verdict(all, "size_adds_up", Reading::strict, "train_seed0.log");
  EXPECT_EQ(zero.status, Status::fail);
  EXPECT_EQ(zero.observed, 15'976'992);
  EXPECT_EQ(zero.limit, 15'967'606);
  EXPECT_EQ(verdict(all, "size_adds_up", Reading::strict, "train_seed1234.log").limit, 15'978'611);

  EXPECT_EQ(verdict(all, "byte_count", Reading::strict, "train_seed42.log").status, Status::pass)
      << verdict(all, "byte_count", Reading::strict, "train_seed42.log").reason;
  for (const auto* log : {"train_seed0.log", "train_seed1234.log"}) {
    EXPECT_EQ(verdict(all, "byte_count", Reading::strict, log).status, Status::fail) << log;
    EXPECT_EQ(verdict(all, "byte_count", Reading::practice, log).status, Status::fail) << log;
  }
  EXPECT_EQ(verdict(all, "byte_count", Reading::strict, "train_seed0.log").observed, 151'228'815);

  const auto nine = verdict(all, "printed_precision", Reading::strict, "train_seed1234.log");
  EXPECT_EQ(nine.status, Status::fail);
  EXPECT_EQ(nine.observed, 9);
  EXPECT_EQ(nine.limit, 8);
  EXPECT_EQ(verdict(all, "printed_precision", Reading::strict, "train_seed0.log").status, Status::pass);
}

TEST_F(JudgeClaimsTest, TheOtherTwoAreConsistent) {
  for (const int pr : {849, 2143}) {
    const auto all = judge_claims(submission(pr), {}, rules());
    for (const auto& v : all)
      if (v.rule == "size_adds_up" || (v.rule == "byte_count" && v.subject.ends_with("log"))) {
        EXPECT_EQ(v.status, Status::pass) << pr << " " << v.rule << " " << v.subject << ": " << v.reason;
      }
  }
}

TEST_F(JudgeClaimsTest, APublicationThatSaysNothingPassesNothing) {
  auto empty = submission(334);
  empty.claims.clear();
  for (const auto& v : judge_claims(empty, {}, rules()))
    EXPECT_EQ(v.status, v.rule == "submission_identity" ? Status::pass : Status::unknown) << v.rule;
}

}  // namespace
}  // namespace pgolf
