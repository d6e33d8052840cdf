// Bytes of model and code of a run against their limit.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

TEST_F(JudgeRunTest, SizeIsRecountedPlusClaimedCode) {
  write_all();
  facts_.model_bytes = 16'132'620;
  facts_.code_bytes = 49'461;
  const auto v = strict("artifact_size");
  EXPECT_EQ(v.status, Status::fail);
  EXPECT_EQ(v.observed, 16'182'081);
  EXPECT_EQ(v.limit, 16'000'000);
  EXPECT_EQ(v.reason, "model 16,132,620 + code 49,461 as claimed: over by 182,081 bytes");
  EXPECT_EQ(practice("artifact_size").status, Status::fail);
  EXPECT_EQ(strict("artifact_identity").status, Status::fail);  // packing reported another size
}

TEST_F(JudgeRunTest, TheLastByteCounts) {
  write_all();
  facts_.code_bytes = facts_.code_file_bytes = 100'000;
  EXPECT_EQ(strict("artifact_size").status, Status::pass);
  facts_.code_bytes = facts_.code_file_bytes = 100'001;
  EXPECT_EQ(strict("artifact_size").status, Status::fail);
}

TEST_F(JudgeRunTest, AWrapperCountsInPracticeOnly) {
  write_all();
  facts_.code_bytes = 34'205;
  facts_.shipped_code_bytes = 172'613;
  EXPECT_EQ(strict("artifact_size").observed, 16'072'613);
  EXPECT_EQ(strict("artifact_size").status, Status::fail);
  EXPECT_EQ(practice("artifact_size").observed, 15'934'205);
  EXPECT_EQ(practice("artifact_size").status, Status::warn);
}

// "counted = 'a guess'": nobody counted a file.
TEST_F(JudgeRunTest, CodeAsClaimedIsNoEvidence) {
  write_all();
  facts_.code_file.clear(), facts_.code_file_bytes.reset();
  EXPECT_EQ(strict("artifact_size").status, Status::unknown);
  EXPECT_EQ(practice("artifact_size").status, Status::warn);
  EXPECT_EQ(strict("artifact_size").reason, "model 15,900,000 + code 50,000 as claimed: 50,000 bytes to spare");
  facts_.code_bytes = 100'001;
  EXPECT_EQ(strict("artifact_size").status, Status::fail);
}

TEST_F(JudgeRunTest, AScalingIsNamedBesideItsFigures) {
  write_all();
  facts_.as_run = false, facts_.profile = "demo";
  EXPECT_THAT(strict("artifact_size").reason, HasSubstr("of profile 'demo', not the submission as it ran"));
  EXPECT_EQ(strict("byte_count").reason, "equal to the recount of the text behind the scored targets");
}

}  // namespace
}  // namespace pgolf
