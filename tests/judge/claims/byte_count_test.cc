// The bytes per target that a printed pair implies.
#include "tests/judge/claims_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

TEST_F(JudgeClaimsTest, AByteCountIsRecognisedWithoutTheNumberOfTargets) {
  const auto all = judge_claims(submission(334), {}, rules());
  const auto v = verdict(all, "byte_count", Reading::strict, "train.log");
  EXPECT_EQ(v.status, Status::pass);
  EXPECT_NEAR(v.observed.get<double>(), 151080303.0 / 62021632, 1e-7);
  EXPECT_THAT(v.reason, HasSubstr("as the sp1024 stream has"));
}

// A tokenizer that nobody listed is no error, and no number of targets times anything overflows.
TEST_F(JudgeClaimsTest, ARatioOfNoKnownStreamIsOpen) {
  auto s = submission(334);
  s.claims.resize(1);
  auto& eval = s.claims[0].evals[0];
  s.claims[0].evals.resize(1);
  s.claims[0].val_targets.reset(), eval.targets.reset();
  eval.val_loss = "2.50000000", eval.val_bpb = "1.20000000";  // 3.0056 bytes per target
  auto v = verdict(judge_claims(s, {}, rules()), "byte_count", Reading::strict, s.claims[0].source);
  EXPECT_EQ(v.status, Status::unknown);
  EXPECT_THAT(v.reason, HasSubstr("as none of the known streams has"));
  eval.val_loss = "99999999999999999999.9", eval.val_bpb = "0.1234";
  s.claims[0].val_targets = int64_t{1} << 50;
  v = verdict(judge_claims(s, {}, rules()), "byte_count", Reading::strict, s.claims[0].source);
  EXPECT_EQ(v.status, Status::fail);
  EXPECT_GT(v.observed.get<double>(), 1e35);
}

}  // namespace
}  // namespace pgolf
