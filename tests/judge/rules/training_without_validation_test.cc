// What training and packing saw of the validation text.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

TEST_F(JudgeRunTest, ValidationDataInTrainingFails) {
  write_all();
  facts("train").visible.push_back("val");
  EXPECT_EQ(strict("training_without_validation").status, Status::fail);
  facts("train").visible = {"train"};
  facts("train").denied = {{"val", "open /data/val/0.bin", 3}};
  EXPECT_EQ(practice("training_without_validation").status, Status::fail);
  EXPECT_EQ(practice("training_without_validation").reason, "train tried: open /data/val/0.bin (3 times)");
  EXPECT_EQ(practice("training_without_validation").observed, 3);
  facts("train").denied.clear();
  facts("train").isolation.clear();
  EXPECT_EQ(strict("training_without_validation").status, Status::unknown);
  EXPECT_EQ(practice("training_without_validation").status, Status::pass);
}

TEST_F(JudgeRunTest, OpenedValidationFilesAreNamed) {
  write_pack(), write_eval();
  {
    EventLog log(dir_ / "train.events.jsonl", {"train", "", ""});
    log.write(DataEvent{"val", "val/0.bin", "v0", 1});
  }
  EXPECT_EQ(practice("training_without_validation").status, Status::fail);
  EXPECT_EQ(practice("training_without_validation").evidence, "train.events.jsonl:2");
}

}  // namespace
}  // namespace pgolf
