// The validation text is the challenge's.
#include "tests/judge/no_evidence_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

// Documents can be written that have these numbers (50,000 of "a a a is is is"): they alone are no pass.
TEST_F(NoEvidenceTest, TheChallengesTextIsKnownByItsTokens) {
  evidence_.facts.val_targets = 62'021'632, evidence_.facts.val_bytes = 151'080'363;
  evidence_.facts.val_tokens_sha256 = "forged";
  EXPECT_EQ(verdict("validation_set", Reading::strict).status, Status::warn);
  EXPECT_EQ(verdict("validation_set", Reading::strict).reason,
            "as many targets and bytes as the challenge's sp1024; the ruleset has no hash of its tokens, here it is "
            "forged");
  for (KnownStream& stream : ruleset_.streams) stream.tokens_sha256 = "known";
  EXPECT_EQ(verdict("validation_set", Reading::strict).status, Status::unknown);
  EXPECT_EQ(
      verdict("validation_set", Reading::strict).reason,
      "as many targets and bytes as the challenge's sp1024, but other tokens: their SHA-256 is forged, not known");
  evidence_.facts.val_tokens_sha256 = "known";  // the control
  EXPECT_EQ(verdict("validation_set", Reading::strict).status, Status::pass);
  EXPECT_EQ(verdict("validation_set", Reading::strict).reason,
            "the tokens of the challenge's sp1024, by their SHA-256");
  evidence_.facts.val_targets = 40'540'160, evidence_.facts.val_bytes = 151'078'222;
  EXPECT_EQ(verdict("validation_set", Reading::practice).status, Status::pass);
}

TEST_F(NoEvidenceTest, AnotherTextIsNoEvidenceForARecord) {
  for (const int64_t bytes : {151'080'362, 151'078'222, 200}) {  // a byte less, another stream's, a demo's
    evidence_.facts.val_targets = 62'021'632, evidence_.facts.val_bytes = bytes;
    const Verdict strict = verdict("validation_set", Reading::strict);
    EXPECT_EQ(strict.status, Status::unknown);
    EXPECT_TRUE(strict.counts);
    EXPECT_THAT(strict.reason, HasSubstr(" bytes are not the challenge's validation set"));
    EXPECT_FALSE(verdict("validation_set", Reading::practice).counts);
  }
  EXPECT_EQ(verdict("validation_set", Reading::strict).observed, 200);
  evidence_.facts.val_bytes.reset(), evidence_.facts.val_problem = "val: token 3 is another";
  EXPECT_EQ(verdict("validation_set", Reading::strict).reason,
            "the prepared data are damaged: val: token 3 is another");
}

}  // namespace
}  // namespace pgolf
