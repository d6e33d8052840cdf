// What a phase tried and was not let do.
#include "harness/judging/gather_evidence.h"
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

TEST_F(JudgeRunTest, AnAttemptCountsForTheRuleThatItIsAbout) {
  write_all();
  facts("train").denied = {{"network", "socket AF_INET", 1}, {"train", "open /data/other/train/0.bin", 1}};
  facts("eval").denied = {{"val", "open /data/other/val/0.bin", 1}, {"write", "open /usr/x to write", 2}};
  EXPECT_EQ(strict("training_without_validation").status, Status::pass);
  EXPECT_EQ(strict("evaluation_without_training").status, Status::pass);
  EXPECT_EQ(strict("kept_to_sandbox").status, Status::fail);
  EXPECT_EQ(strict("kept_to_sandbox").observed, 5);
  EXPECT_EQ(practice("kept_to_sandbox").status, Status::warn);
  EXPECT_FALSE(practice("kept_to_sandbox").counts);
  EXPECT_EQ(strict("kept_to_sandbox").reason,
            "train tried: socket AF_INET; open /data/other/train/0.bin. "
            "eval tried: open /data/other/val/0.bin; open /usr/x to write (2 times)");
  facts("eval").denied = {{"network", "socket AF_INET", 1}};
  EXPECT_EQ(practice("evaluation_without_training").status, Status::fail);
  facts("eval").denied = {{"train", "open /data/train/0.bin", 1}};
  EXPECT_EQ(practice("evaluation_without_training").status, Status::fail);
}

TEST_F(JudgeRunTest, ARunThatWasNotWatchedIsNotHeldAgainstIt) {
  write_all();
  facts("pack").watched = false;
  EXPECT_EQ(strict("kept_to_sandbox").status, Status::unknown);
  EXPECT_EQ(strict("kept_to_sandbox").reason, "the system calls of pack were not watched");
  EXPECT_FALSE(strict("kept_to_sandbox").counts);
  EXPECT_EQ(outcome(judge(gather_evidence(facts_), ruleset_), Reading::strict), Status::pass);
  facts("train").denied = {{"system", "ptrace", 1}};
  EXPECT_EQ(strict("kept_to_sandbox").status, Status::fail);
}

}  // namespace
}  // namespace pgolf
