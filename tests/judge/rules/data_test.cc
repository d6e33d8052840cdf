// Which files a run saw, what it tried to see, and what its result divides by.
#include "harness/judging/gather_evidence.h"
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

TEST_F(JudgeRunTest, OpenedValidationFilesAreNamed) {
  write_pack(), write_eval();
  {
    EventLog log(dir_ / "train.events.jsonl", {"train", "", ""});
    log.write(DataEvent{"val", "val/0.bin", "v0", 1});
  }
  EXPECT_EQ(practice("training_without_validation").status, Status::fail);
  EXPECT_EQ(practice("training_without_validation").evidence, "train.events.jsonl:2");
}

TEST_F(JudgeRunTest, EvaluationWithANetworkIsNotProvenClean) {
  write_all();
  facts("eval").network = true;
  EXPECT_EQ(strict("evaluation_without_training").status, Status::unknown);
  EXPECT_EQ(practice("evaluation_without_training").status, Status::pass);
}

TEST_F(JudgeRunTest, ForeignDataFail) {
  write_all();
  facts_.manifest[1].sha256 = "other";
  EXPECT_EQ(strict("data_hashes").status, Status::fail);
  EXPECT_EQ(strict("data_hashes").evidence, "eval.events.jsonl:3");
}

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

TEST_F(JudgeRunTest, RememberedHashesAreSaid) {
  write_all();
  EXPECT_EQ(strict("data_hashes").reason, "2 files have the manifest's SHA-256");
  facts("train").remembered = 1;
  EXPECT_EQ(strict("data_hashes").reason,
            "2 files have the manifest's SHA-256, 1 as hashed before, since size, times and inode are what they were");
}

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
  facts_.overlap.reset();
  EXPECT_EQ(strict("train_val_overlap").status, Status::unknown);
}

TEST_F(JudgeRunTest, AnExchangedArtifactFails) {
  write_all();
  facts_.artifact_sha256 = "bb";
  EXPECT_EQ(strict("artifact_identity").status, Status::fail);
}

}  // namespace
}  // namespace pgolf
