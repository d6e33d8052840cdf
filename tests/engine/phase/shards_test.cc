#include "engine/phase/shards.h"

#include <gmock/gmock.h>

#include "base/sha256.h"
#include "tests/engine/data/fixtures.h"

namespace pgolf {
namespace {

class RecordedShards : public testing::Test {
 protected:
  std::vector<DataEvent> open(const ShardMemory& known, ShardKind kind = ShardKind::train, int64_t vocab_size = 64) {
    const auto log = directory_ / "train.events.jsonl";
    std::filesystem::remove(log);
    {
      EventLog events(log, {"train", "", ""});
      open_recorded_shards(directory_.path(), kind, vocab_size, known, events);
    }
    std::vector<DataEvent> out;
    for (const EventRecord& record : read_events(log).events) out.push_back(std::get<DataEvent>(record.event));
    return out;
  }
  ShardMemory remembered(int64_t largest) const {
    ShardMemory out;
    const FileStamp stamp = stamp_of(path_);
    out.remember({path_.string(), stamp, "remembered", largest}, stamp.changed_ns + 1'000'000'000);
    return out;
  }

  TempDirectory directory_;
  std::filesystem::path path_ = write_shard(directory_ / "fineweb_train_000000.bin", std::vector{1, 9, 63});
};

TEST_F(RecordedShards, AreHashedAndChecked) {
  const auto events = open({});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].role, "train");
  EXPECT_EQ(events[0].path, "fineweb_train_000000.bin");
  EXPECT_EQ(events[0].sha256, sha256_file(path_));
  EXPECT_EQ(events[0].bytes, 1024 + 6);
  EXPECT_THAT(error_of(ErrorKind::submission, [&] { open({}, ShardKind::train, 63); }),
              testing::HasSubstr("token 63 at position 2"));
}

TEST_F(RecordedShards, WhatIsRememberedIsNotReadAgain) {
  EXPECT_EQ(open(remembered(63))[0].sha256, "remembered");
  EXPECT_THAT(error_of(ErrorKind::submission, [&] { open(remembered(63), ShardKind::train, 63); }),
              testing::HasSubstr("token 63 at position 2"));
}

TEST_F(RecordedShards, AFileThatWasWrittenToIsReadAgain) {
  const ShardMemory known = remembered(63);
  std::filesystem::remove(path_);
  write_shard(path_, std::vector{1, 9, 62});
  EXPECT_EQ(open(known)[0].sha256, sha256_file(path_));
}

TEST_F(RecordedShards, ASidecarHoldsBytesNotIds) {
  std::filesystem::rename(path_, directory_ / "fineweb_val_bytes_000000.bin");
  const auto events = open({}, ShardKind::val_bytes, 8);
  EXPECT_EQ(events[0].role, "val");
}

}  // namespace
}  // namespace pgolf
