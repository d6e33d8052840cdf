// Earlier attempts at a phase.
#include "tests/judge/no_evidence_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

TEST_F(NoEvidenceTest, EarlierAttemptsAreToldAndASecondChoiceIsABreach) {
  EXPECT_EQ(verdict("phases_ran_once", Reading::strict).status, Status::unknown) << "no phase ran";
  ran("eval", "own");
  EXPECT_EQ(verdict("phases_ran_once", Reading::strict).status, Status::pass);
  evidence_.facts.earlier = {{"pack", 1, "killed", "", false},
                             {"eval", 1, "killed, sliding ended with val_bpb 1.3000", "", false}};
  for (const Reading reading : {Reading::strict, Reading::practice}) {
    const Verdict v = verdict("phases_ran_once", reading);
    EXPECT_EQ(v.status, Status::warn);
    EXPECT_EQ(v.observed, 2);
    EXPECT_EQ(v.reason,
              "attempt 1 at pack: killed; attempt 1 at eval: killed, sliding ended with val_bpb 1.3000; only the last "
              "attempt is judged");
  }
  evidence_.facts.earlier = {{"eval", 1, "limit", "it went over a limit", false}};
  EXPECT_EQ(verdict("phases_ran_once", Reading::strict).status, Status::fail);
  EXPECT_EQ(verdict("phases_ran_once", Reading::practice).status, Status::warn);  // advisory
  EXPECT_THAT(verdict("phases_ran_once", Reading::strict).reason, HasSubstr("limit (it went over a limit)"));
  evidence_.facts.earlier = {{"eval", 1, "ok", "", true}};
  EXPECT_EQ(verdict("phases_ran_once", Reading::strict).status, Status::fail);
}

}  // namespace
}  // namespace pgolf
