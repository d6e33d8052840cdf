// Everything that is wrong with a folder, each in one line and with nothing left behind.
#include <sys/stat.h>

#include "tests/engine/data/adopt_fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

TEST_F(Adopt, OtherDocumentsAreRefused) {
  auto documents = corpus(60);
  upstream(documents, 20);
  options_.docs = docs_;
  documents[7] += " And more.";
  std::string text;
  for (const auto& document : documents) text += document_line(document);
  write_file_atomic(docs_, text);
  EXPECT_THAT(error_of(ErrorKind::submission, [&] { adopt(); }),
              AllOf(HasSubstr("not the text of these shards: val.tokens"), HasSubstr("document 7")));
  write_file_atomic(docs_, document_line(documents[0]));
  EXPECT_THAT(error_of(ErrorKind::usage, [&] { adopt(); }),
              HasSubstr("1 documents, but the validation shards have 20"));
  EXPECT_TRUE(fs::is_empty(options_.home));
}

TEST_F(Adopt, AnOutDirectoryThatHoldsSomethingElseIsKept) {
  upstream(corpus(60), 20);
  options_.out = directory_ / "mine";
  adopt();
  auto changed = tokens("fineweb_train_000001.bin");
  changed[7] ^= 1;
  write_shard(folder_ / "fineweb_train_000001.bin", changed);
  EXPECT_THAT(error_of(ErrorKind::usage, [&] { adopt(); }), HasSubstr("holds other data"));
}

// Another text, or a first one, for a directory that is there.
TEST_F(Adopt, DocumentsForAnExistingDirectoryMustBeItsOwn) {
  auto documents = corpus(60);
  upstream(documents, 20);
  options_.out = directory_ / "bare";
  adopt();
  options_.docs = docs_;
  EXPECT_THAT(error_of(ErrorKind::usage, [&] { adopt(); }), HasSubstr("bare: holds these data without their text"));
  options_.out = directory_ / "proven";
  adopt();
  EXPECT_EQ(check(adopt(), "text").status, CheckStatus::pass);
  documents[7] += " And more.";
  std::string text;
  for (const auto& document : documents) text += document_line(document);
  write_file_atomic(docs_, text);
  EXPECT_THAT(error_of(ErrorKind::submission, [&] { adopt(); }), HasSubstr("docs.jsonl: not the text of these shards"));
}

// Attacks: another-tokenizer
TEST_F(Adopt, AnotherTokenizersIdsAreRefusedOrNamed) {
  upstream(corpus(40), 15, true);
  options_.tokenizer = tokenizer_path(kPlainModel);
  options_.caseops = false;
  for (const auto& path : list_shards(folder_, ShardKind::val_bytes)) fs::remove(path);
  EXPECT_THAT(
      refusal(ErrorKind::submission),
      AllOf(HasSubstr("fineweb_val_000000.bin"), HasSubstr("beyond the vocabulary of 1024"), HasSubstr("--tokenizer")));
}

TEST_F(Adopt, FoldersThatAreNotWhole) {
  EXPECT_THAT(refusal(ErrorKind::not_found), HasSubstr("no such folder"));
  fs::create_directory(folder_);
  EXPECT_THAT(refusal(ErrorKind::not_found), HasSubstr("no fineweb_train_*.bin"));
  fs::remove(folder_);
  upstream(corpus(60), 20);
  fs::rename(folder_ / "fineweb_train_000002.bin", folder_ / "aside");
  EXPECT_THAT(refusal(ErrorKind::submission),
              HasSubstr("fineweb_train_000002.bin is missing, but fineweb_train_000003.bin is there"));
  fs::rename(folder_ / "aside", folder_ / "fineweb_train_2.bin");
  EXPECT_THAT(refusal(ErrorKind::submission), AllOf(HasSubstr("fineweb_train_2.bin"), HasSubstr("six digits")));
  fs::rename(folder_ / "fineweb_train_2.bin", folder_ / "fineweb_train_000002.bin");
  fs::rename(folder_ / "fineweb_val_000000.bin", folder_ / "aside");
  EXPECT_THAT(refusal(ErrorKind::submission), HasSubstr("fineweb_val_000000.bin is missing"));
  for (const auto& path : list_shards(folder_, ShardKind::val)) fs::remove(path);
  EXPECT_THAT(refusal(ErrorKind::not_found), HasSubstr("no fineweb_val_*.bin"));
  options_.folder = docs_;
  EXPECT_THAT(refusal(ErrorKind::usage), HasSubstr("a folder was expected"));
}

TEST_F(Adopt, MixedShardSizes) {
  upstream(corpus(60), 20);
  auto all = tokens("fineweb_train_000001.bin");
  write_shard(folder_ / "fineweb_train_000001.bin", std::vector<uint16_t>(all.begin(), all.end() - 1));
  EXPECT_THAT(refusal(ErrorKind::submission),
              AllOf(HasSubstr("fineweb_train_000001.bin: 3999 tokens"), HasSubstr("4000")));
  all.push_back(5);
  write_shard(folder_ / "fineweb_train_000001.bin", all);
  EXPECT_THAT(refusal(ErrorKind::submission), HasSubstr("fineweb_train_000001.bin: 4001 tokens"));
}

// Attacks: empty-shard
TEST_F(Adopt, EmptyShards) {
  upstream(corpus(60), 20);
  for (const char* name : {"fineweb_train_000001.bin", "fineweb_val_000000.bin"}) {
    const auto whole = read_bytes(folder_ / name);
    write_shard(folder_ / name, std::vector<uint16_t>());
    EXPECT_THAT(refusal(ErrorKind::submission), AllOf(HasSubstr(name), HasSubstr("holds no token")));
    write_file_atomic(folder_ / name, whole);
  }
  EXPECT_NO_THROW(adopt());
}

// Attacks: wrong-byte-counts
TEST_F(Adopt, SidecarsThatDoNotFit) {
  upstream(corpus(40), 15, true);
  const std::string last = fmt::format("fineweb_val_bytes_{:06d}.bin", manifest_.val.shards.size() - 1);
  auto bytes = tokens(last);
  write_shard(folder_ / last, std::vector<uint16_t>(bytes.begin(), bytes.end() - 3));
  EXPECT_THAT(refusal(ErrorKind::submission), AllOf(HasSubstr(last), HasSubstr("entries for the")));
  bytes[0] = 0;
  write_shard(folder_ / last, bytes);
  fs::rename(folder_ / last, folder_ / "aside");
  EXPECT_THAT(refusal(ErrorKind::submission), AllOf(HasSubstr(last + " is missing"), HasSubstr("its byte sidecar")));
  fs::rename(folder_ / "aside", folder_ / last);
  const std::string more = fmt::format("fineweb_val_bytes_{:06d}.bin", manifest_.val.shards.size());
  write_shard(folder_ / more, bytes);
  EXPECT_THAT(refusal(ErrorKind::submission), AllOf(HasSubstr(more), HasSubstr("remove the sidecar")));
  fs::remove(folder_ / more);
  auto first = tokens("fineweb_val_bytes_000000.bin");
  first[0] = 2;
  write_shard(folder_ / "fineweb_val_bytes_000000.bin", first);
  EXPECT_THAT(refusal(ErrorKind::submission), HasSubstr("it gives the BOS at position 0 2 bytes"));
}

// Attacks: pipe-as-shard
TEST_F(Adopt, WhatIsNoFileIsRefusedWithoutBeingOpened) {
  upstream(corpus(60), 20);
  const fs::path shard = folder_ / "fineweb_train_000001.bin";
  fs::rename(shard, directory_ / "outside.bin");
  fs::create_symlink(directory_ / "outside.bin", shard);
  EXPECT_THAT(refusal(ErrorKind::submission), AllOf(HasSubstr("fineweb_train_000001.bin: a link"), HasSubstr("cp -L")));
  fs::remove(shard);
  ASSERT_EQ(::mkfifo(shard.c_str(), 0600), 0);
  EXPECT_THAT(refusal(ErrorKind::submission), HasSubstr("not a regular file"));
  EXPECT_THAT(error_of(ErrorKind::submission, [&] { Shard::open(shard); }), HasSubstr("not a regular file"));
  fs::remove(shard);
  fs::create_directory(shard);
  EXPECT_THAT(refusal(ErrorKind::submission), HasSubstr("not a regular file"));
  fs::remove(shard);
  fs::create_symlink("/dev/zero", shard);
  EXPECT_THAT(refusal(ErrorKind::submission), HasSubstr("a link"));
}

TEST_F(Adopt, DamagedShards) {
  upstream(corpus(60), 20);
  const fs::path shard = folder_ / "fineweb_train_000001.bin";
  const auto whole = read_bytes(shard);
  const auto with = [&](size_t at, uint8_t value) {
    auto bytes = whole;
    bytes[at] = std::byte{value};
    write_file_atomic(shard, bytes);
    return refusal(ErrorKind::submission);
  };
  EXPECT_THAT(with(0, 7), HasSubstr("not a token shard"));
  EXPECT_THAT(with(4, 2), HasSubstr("shard version 2"));
  EXPECT_THAT(with(8, 1), HasSubstr("oversized"));
  write_file_atomic(shard, whole);
  fs::resize_file(shard, 700);
  EXPECT_THAT(refusal(ErrorKind::submission), HasSubstr("inside the header"));
  write_file_atomic(shard, whole);
  auto first = tokens("fineweb_train_000000.bin");
  first[0] = 9;
  write_shard(folder_ / "fineweb_train_000000.bin", first);
  EXPECT_THAT(refusal(ErrorKind::submission), HasSubstr("the stream starts with token 9, not with BOS (1)"));
}

}  // namespace
}  // namespace pgolf
