#include "engine/data/shard.h"

#include <gmock/gmock.h>

#include <numeric>

#include "base/error.h"
#include "base/file.h"
#include "tests/engine/data/fixtures.h"

namespace pgolf {
namespace {

using testing::AllOf;
using testing::ElementsAreArray;
using testing::HasSubstr;

std::vector<uint16_t> counting(size_t n) {
  std::vector<uint16_t> out(n);
  std::iota(out.begin(), out.end(), uint16_t{0});
  return out;
}

void set_header(const std::filesystem::path& path, int index, int32_t value) {
  auto bytes = read_bytes(path);
  std::memcpy(bytes.data() + index * sizeof(int32_t), &value, sizeof(value));
  write_file_atomic(path, bytes);
}

// The one line a reader says about `path`.
std::string refusal(const std::filesystem::path& path, ErrorKind kind) {
  const std::string line = error_of(kind, [&] { Shard::open(path); });
  EXPECT_THAT(line, HasSubstr(path.string()));
  return line;
}

TEST(Shard, WritesTheChallengesLayout) {
  const TempDirectory directory;
  const auto bytes = read_bytes(write_shard(directory / "a.bin", std::vector{1, 513, 65535}));
  ASSERT_EQ(bytes.size(), 1024 + 2 * 3);
  std::vector<int32_t> header(256);
  std::memcpy(header.data(), bytes.data(), 1024);
  std::vector<int32_t> expected(256, 0);
  expected[0] = 20240520, expected[1] = 1, expected[2] = 3;
  EXPECT_EQ(header, expected);
  const std::vector<int> body = {1, 0, 1, 2, 255, 255};  // little-endian
  for (size_t i = 0; i < body.size(); ++i) EXPECT_EQ(std::to_integer<int>(bytes[1024 + i]), body[i]);
}

TEST(Shard, ReadsWhatManyAppendsWrote) {
  const TempDirectory directory;
  const auto tokens = counting(1'200'001);  // more than two write buffers
  ShardWriter writer(directory / "a.bin");
  for (size_t at = 0; at < tokens.size();) {
    const size_t n = std::min<size_t>(1 + at % 70001, tokens.size() - at);
    writer.append(std::span(tokens).subspan(at, n));
    at += n;
  }
  EXPECT_EQ(writer.size(), 1'200'001);
  writer.finish();
  const Shard shard = Shard::open(directory / "a.bin");
  ASSERT_EQ(shard.size(), 1'200'001);
  EXPECT_THAT(shard.tokens(), ElementsAreArray(tokens));
}

TEST(Shard, AnEmptyShardIsAShard) {
  const TempDirectory directory;
  EXPECT_EQ(Shard::open(write_shard(directory / "a.bin", std::vector<int>{})).size(), 0);
}

TEST(Shard, MovesWithoutCopying) {
  const TempDirectory directory;
  Shard a = Shard::open(write_shard(directory / "a.bin", std::vector{1, 2, 3}));
  const uint16_t* data = a.tokens().data();
  Shard b = std::move(a);
  EXPECT_EQ(b.tokens().data(), data);
  b = Shard::open(write_shard(directory / "b.bin", std::vector{4}));
  EXPECT_THAT(b.tokens(), testing::ElementsAre(4));
}

TEST(Shard, RefusesDamagedFilesInOneLine) {
  const TempDirectory directory;
  const auto path = directory / "fineweb_train_000000.bin";
  EXPECT_THAT(refusal(path, ErrorKind::not_found), HasSubstr("no such shard"));

  write_shard(path, counting(100));
  std::filesystem::resize_file(path, 1024 + 199);
  EXPECT_THAT(refusal(path, ErrorKind::submission),
              AllOf(HasSubstr("truncated"), HasSubstr("1223"), HasSubstr("1224")));
  std::filesystem::resize_file(path, 1024 + 202);
  EXPECT_THAT(refusal(path, ErrorKind::submission), HasSubstr("oversized"));
  std::filesystem::resize_file(path, 700);
  EXPECT_THAT(refusal(path, ErrorKind::submission), HasSubstr("inside the header"));
  std::filesystem::resize_file(path, 3);
  EXPECT_THAT(refusal(path, ErrorKind::submission), HasSubstr("not a token shard"));
  std::filesystem::resize_file(path, 0);
  EXPECT_THAT(refusal(path, ErrorKind::submission), HasSubstr("not a token shard"));

  set_header(write_shard(path, counting(100)), 0, 20240521);
  EXPECT_THAT(refusal(path, ErrorKind::submission), HasSubstr("not a token shard"));
  set_header(write_shard(path, counting(100)), 1, 2);
  EXPECT_THAT(refusal(path, ErrorKind::submission), HasSubstr("version 2"));
  set_header(write_shard(path, counting(100)), 2, -100);
  EXPECT_THAT(refusal(path, ErrorKind::submission), HasSubstr("-100"));
  set_header(write_shard(path, counting(100)), 2, 2147483647);
  EXPECT_THAT(refusal(path, ErrorKind::submission), HasSubstr("truncated"));

  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_THAT(refusal(path, ErrorKind::submission), HasSubstr("not a regular file"));
}

TEST(Shard, AnUnfinishedShardIsRefused) {
  const TempDirectory directory;
  { ShardWriter(directory / "a.bin").append(counting(10)); }
  EXPECT_THAT(refusal(directory / "a.bin", ErrorKind::submission), HasSubstr("never finished"));
}

TEST(Shard, NamesTheFirstTokenBeyondTheVocabulary) {
  const TempDirectory directory;
  const Shard shard = Shard::open(write_shard(directory / "a.bin", std::vector{1, 7, 1024, 9, 1025}));
  EXPECT_NO_THROW(check_token_range(shard, 1026));
  EXPECT_THAT(error_of(ErrorKind::submission, [&] { check_token_range(shard, 1024); }),
              AllOf(HasSubstr("a.bin"), HasSubstr("token 1024 at position 2")));
}

TEST(Shard, ListsOneKindInNameOrder) {
  const TempDirectory directory;
  for (const char* name : {"fineweb_val_000001.bin", "fineweb_val_bytes_000000.bin", "fineweb_val_000000.bin",
                           "fineweb_train_000000.bin", "fineweb_val_000000.bin.tmp", "manifest.json"})
    write_file_atomic(directory / name, std::string_view("x"));
  const auto names = [&](ShardKind kind) {
    std::vector<std::string> out;
    for (const auto& path : list_shards(directory.path(), kind)) out.push_back(path.filename());
    return out;
  };
  EXPECT_THAT(names(ShardKind::val), testing::ElementsAre("fineweb_val_000000.bin", "fineweb_val_000001.bin"));
  EXPECT_THAT(names(ShardKind::val_bytes), testing::ElementsAre("fineweb_val_bytes_000000.bin"));
  EXPECT_THAT(names(ShardKind::train), testing::ElementsAre("fineweb_train_000000.bin"));
  std::filesystem::remove(directory / "fineweb_train_000000.bin");
  EXPECT_THROW(list_shards(directory.path(), ShardKind::train), Error);
  EXPECT_THROW(list_shards(directory / "missing", ShardKind::train), Error);
  EXPECT_EQ(shard_name(ShardKind::val_bytes, 3), "fineweb_val_bytes_000003.bin");
}

TEST(Shard, AFullDiskIsSaidInOneLine) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  const auto write = [] {
    ShardWriter writer("/dev/full");
    writer.append(counting(1000));
    writer.finish();
  };
  EXPECT_THAT(error_of(ErrorKind::machine, write), HasSubstr("disk full"));
}

}  // namespace
}  // namespace pgolf
