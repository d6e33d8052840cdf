// Validation documents in the training text.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

TEST_F(JudgeRunTest, ValidationDocumentsInTrainingFailBeyondChance) {
  write_all();
  EXPECT_EQ(strict("train_val_overlap").status, Status::pass);
  facts_.overlap = {10, 1000, true, "10 of them"};
  EXPECT_EQ(strict("train_val_overlap").status, Status::warn);
  facts_.overlap = {800, 1000, true, "those and those"};
  EXPECT_EQ(strict("train_val_overlap").status, Status::fail);
  EXPECT_EQ(practice("train_val_overlap").status, Status::fail);
  EXPECT_EQ(strict("train_val_overlap").reason, "800 of 1,000 validation documents are in training: those and those");
  facts_.overlap = {0, 1000, false, ""};
  EXPECT_THAT(strict("train_val_overlap").reason, testing::EndsWith("nobody looked for changed ones"));
  facts_.overlap = {1, 121, true, "98.5 % of the validation text's passages stand in training", 0.985};
  EXPECT_EQ(practice("train_val_overlap").status, Status::fail);  // one document can be most of the text
  facts_.overlap = {0, 1000, true, "", 0.09};
  EXPECT_EQ(strict("train_val_overlap").status, Status::pass);
  facts_.overlap.reset();
  EXPECT_EQ(strict("train_val_overlap").status, Status::unknown);
}

}  // namespace
}  // namespace pgolf
