// Bytes of model and code, as a publication counts them.
#include "tests/judge/claims_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

TEST_F(JudgeClaimsTest, Pr334IsTooLargeByItsOwnFigures) {
  const auto all = judge_claims(submission(334), {}, rules());
  for (const auto reading : {Reading::strict, Reading::practice}) {
    const auto log = verdict(all, "artifact_size", reading, "train.log");
    EXPECT_EQ(log.status, Status::fail);
    EXPECT_EQ(log.observed, 16'182'081);
    const auto json = verdict(all, "artifact_size", reading, "submission.json");
    EXPECT_EQ(json.status, Status::fail);
    EXPECT_EQ(json.observed, 17'396'551);
  }
}

// #1412 ships `exec(open(...).read())`: 74 bytes are counted in the script, and the code lies in another file.
TEST_F(JudgeClaimsTest, AScriptThatCallsAnotherFileIsNotTheCode) {
  Submission s = submission(849);
  s.code.file = "train_gpt.py", s.code.file_bytes = 74;
  const auto size = [&] {
    for (const auto& v : judge_claims(s, {}, rules()))
      if (v.rule == "artifact_size" && v.reading == Reading::strict && is_log(v.subject)) return v;
    throw std::logic_error("no size");
  };
  EXPECT_EQ(size().status, Status::unknown);
  EXPECT_THAT(size().reason, HasSubstr("code 74 as shipped, counted in train_gpt.py, the log counts 99,037"));
  EXPECT_THAT(size().reason, HasSubstr("most of that is not in train_gpt.py"));
  s.code.file_bytes = 24'000, s.code.unwrapped_bytes = 99'037, s.code.wrapper = "LZMA in base85";
  EXPECT_EQ(size().status, Status::pass);
  EXPECT_THAT(size().reason, HasSubstr("a wrapper of 99,037 (LZMA in base85)"));
}

TEST_F(JudgeClaimsTest, Pr2097FitsOnlyWithItsWrapper) {
  const auto all = judge_claims(submission(2097), {}, rules());
  const Verdict counted = verdict(all, "artifact_size", Reading::practice, "train_seed42.log");
  EXPECT_EQ(counted.status, Status::warn);  // 34,205 bytes in words
  EXPECT_THAT(counted.reason, HasSubstr("nobody counted its code"));
  EXPECT_EQ(verdict(all, "artifact_size", Reading::strict, "train_seed42.log").observed, 15'944'405 + 172'613);
  EXPECT_EQ(verdict(all, "artifact_size", Reading::strict, "train_seed42.log").status, Status::fail);
}

}  // namespace
}  // namespace pgolf
