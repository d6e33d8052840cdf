// The artifact that was evaluated is the one that was saved.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

TEST_F(JudgeRunTest, AnExchangedArtifactFails) {
  write_all();
  facts_.artifact_sha256 = "bb";
  EXPECT_EQ(strict("artifact_identity").status, Status::fail);
}

}  // namespace
}  // namespace pgolf
