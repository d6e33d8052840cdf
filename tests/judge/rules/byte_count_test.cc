// The bytes by which the result divides.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

TEST_F(JudgeRunTest, BytesAreHeldAgainstTheRecount) {
  write_all();
  facts_.val_bytes = kBytes + 1;
  EXPECT_EQ(strict("byte_count").status, Status::fail);
  facts_.val_bytes.reset();
  EXPECT_EQ(strict("byte_count").status, Status::unknown);
}

// A script that scores the stream's tail again, as its ledger shows.
TEST_F(JudgeRunTest, TargetsBesideTheStreamsAreThoseOfTheLedger) {
  write_train(), write_pack();
  write_eval(
      [](Ledger& ledger) {
        ledger.score("ttt", {{0, kTargets - 64}});
        ledger.score("ttt", {{kTargets - 128, kTargets - 64}});
      },
      450'000, 16, 1.0, 0, kTargets - 64);
  facts_.val_targets = kTargets - 64;
  facts_.val_bytes = kBytes - 160;
  EXPECT_EQ(strict("byte_count").status, Status::warn) << strict("byte_count").reason;
  facts_.val_bytes = kBytes + 160;  // more targets of fewer bytes
  EXPECT_EQ(strict("byte_count").status, Status::fail);
  facts_.val_bytes = kBytes - 16'000;
  EXPECT_EQ(strict("byte_count").status, Status::fail);
  facts_.val_targets = kTargets - 65, facts_.val_bytes = kBytes - 160;
  EXPECT_THAT(strict("byte_count").reason, testing::HasSubstr("65 targets off the stream's 99,935"));
}

TEST_F(JudgeRunTest, BytesAreNotProvenWithoutTheText) {
  write_all();
  facts_.val_text_known = false;
  EXPECT_EQ(strict("byte_count").status, Status::unknown);
  EXPECT_EQ(strict("byte_count").reason,
            "equal to the recount of the shards; the documents' text is not there to prove what they stand for");
  EXPECT_EQ(strict("validation_set").status, Status::pass);
  EXPECT_EQ(strict("validation_set").reason,
            "the tokens of the challenge's the test's text, by their SHA-256, counted on the shards alone");
  facts_.val_bytes = kBytes + 1;
  EXPECT_EQ(strict("byte_count").status, Status::fail);
}

}  // namespace
}  // namespace pgolf
