// The data that were opened are those of the manifest.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

TEST_F(JudgeRunTest, ForeignDataFail) {
  write_all();
  facts_.manifest[1].sha256 = "other";
  EXPECT_EQ(strict("data_hashes").status, Status::fail);
  EXPECT_EQ(strict("data_hashes").evidence, "eval.events.jsonl:3");
}

TEST_F(JudgeRunTest, RememberedHashesAreSaid) {
  write_all();
  EXPECT_EQ(strict("data_hashes").reason, "2 files have the manifest's SHA-256");
  facts("train").remembered = 1;
  EXPECT_EQ(strict("data_hashes").reason,
            "2 files have the manifest's SHA-256, 1 as hashed before, since size, times and inode are what they were");
}

}  // namespace
}  // namespace pgolf
