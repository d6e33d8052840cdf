// How much training text there was.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

TEST_F(JudgeRunTest, TrainingOnAnotherAmountIsAWarning) {
  write_all();
  EXPECT_EQ(strict("training_extent").status, Status::pass);
  EXPECT_EQ(strict("training_extent").observed, "1 shards, 500 tokens");
  facts_.extent.train_tokens = 8'000, facts_.extent.train_shards = 80, facts_.extent.shard_tokens = 100;
  EXPECT_EQ(strict("training_extent").status, Status::warn);
  EXPECT_FALSE(strict("training_extent").counts);
  EXPECT_EQ(strict("training_extent").reason,
            "1 training shard with 500 tokens here, the submission had 80 training shards of 100 tokens");
  EXPECT_EQ(strict("training_extent").evidence, "train.events.jsonl:2");
  facts_.extent.train_shards = 1, facts_.extent.shard_tokens.reset(), facts_.extent.train_tokens.reset();
  EXPECT_EQ(strict("training_extent").status, Status::unknown);
  EXPECT_EQ(strict("training_extent").reason,
            "1 training shard with 500 tokens here; the submission had 1 training shard of unknown size");
  facts_.extent = {};
  EXPECT_EQ(practice("training_extent").status, Status::unknown);
}

}  // namespace
}  // namespace pgolf
