// One pass over shards: documents that reach over their ends, ids, hashes, and what is remembered of them.
#include "engine/data/split_scan.h"

#include <gmock/gmock.h>

#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "engine/data/overlap.h"
#include "tests/engine/data/fixtures.h"

namespace pgolf {
namespace {

using testing::HasSubstr;
using Tokens = std::vector<uint16_t>;

class SplitScanTest : public testing::Test {
 protected:
  void SetUp() override { set_progress_mode(ProgressMode::off); }

  // `stream` cut into shards of `size` tokens.
  std::vector<Shard> cut(const Tokens& stream, size_t size, const char* name = "fineweb_train_") {
    std::vector<Shard> out;
    for (size_t at = 0; at < stream.size(); at += size)
      out.push_back(Shard::open(
          write_shard(directory_ / fmt::format("{}{:06d}.bin", name, out.size()),
                      Tokens(stream.begin() + static_cast<std::ptrdiff_t>(at),
                             stream.begin() + static_cast<std::ptrdiff_t>(std::min(at + size, stream.size()))))));
    return out;
  }

  TempDirectory directory_;
};

TEST_F(SplitScanTest, GivesEveryDocumentWholeHoweverTheStreamIsCut) {
  std::mt19937 random(5);  // seed 5
  std::vector<Tokens> documents;
  Tokens stream;
  for (int d = 0; d < 40; ++d) {
    Tokens document = {1};
    for (auto n = random() % 30; n > 0; --n) document.push_back(static_cast<uint16_t>(2 + random() % 60));
    stream.insert(stream.end(), document.begin(), document.end());
    documents.push_back(std::move(document));
  }
  for (const size_t size : {1, 2, 3, 7, 64, 1000}) {
    const auto shards = cut(stream, size);
    std::map<int64_t, std::pair<DocumentPlace, Tokens>> found;
    std::mutex mutex;
    const SplitScan scan =
        scan_split(shards, {.vocab_size = 64, .bos_id = 1}, [&](const DocumentPlace& place, DocumentPieces pieces) {
          Tokens all;
          for (const auto& piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
          const std::lock_guard lock(mutex);
          found[static_cast<int64_t>(place.shard) * 1000 + place.ordinal] = {place, all};
        });
    EXPECT_EQ(scan.documents, 40);
    EXPECT_EQ(scan.tokens, static_cast<int64_t>(stream.size()));
    EXPECT_TRUE(scan.problem.empty()) << scan.problem;
    int64_t empty = 0;
    for (const Tokens& document : documents) empty += document.size() == 1 ? 1 : 0;
    EXPECT_EQ(scan.empty_documents, empty);
    EXPECT_EQ(found.size(), 40 - static_cast<size_t>(empty)) << "shards of " << size;
    for (const auto& [key, value] : found) {
      const auto number = static_cast<size_t>(scan.number_of(value.first));
      EXPECT_EQ(value.second, documents[number]) << "document " << number << ", shards of " << size;
      EXPECT_EQ(shards[value.first.shard].tokens()[static_cast<size_t>(value.first.position)], 1);
    }
    for (size_t i = 0; i < shards.size(); ++i) EXPECT_EQ(scan.shards[i].sha256, sha256_file(shards[i].path()));
    for (const Shard& shard : shards) std::filesystem::remove(shard.path());
  }
}

TEST_F(SplitScanTest, NamesTheFirstIdBeyondTheVocabulary) {
  const auto shards = cut({1, 5, 1, 63, 64, 1, 99}, 4);
  const SplitScan scan = scan_split(shards, {.vocab_size = 64, .bos_id = 1});
  EXPECT_THAT(scan.problem, HasSubstr("000001.bin: token 64 at position 0 is beyond the vocabulary of 64"));
  EXPECT_EQ(scan.largest(), 99);
}

TEST_F(SplitScanTest, FindsValidationDocumentsInTraining) {
  const auto val = cut({1, 7, 8, 9, 1, 4, 1, 5, 5, 5, 1}, 5, "fineweb_val_");
  const auto train = cut({1, 7, 8, 1, 7, 8, 9, 1, 5, 5, 1, 4, 1, 1, 4, 1, 7, 8, 9, 9}, 4);
  DocumentSet documents;
  const SplitScan val_scan =
      scan_split(val, {.vocab_size = 64, .bos_id = 1},
                 [&](const auto& place, DocumentPieces pieces) { EXPECT_TRUE(documents.add(pieces, place)); });
  OverlapFinder finder(documents, nullptr);
  const SplitScan train_scan =
      scan_split(train, {.vocab_size = 64, .bos_id = 1},
                 [&](const auto& place, DocumentPieces pieces) { finder.look_up(place, pieces); });
  const Overlap overlap = finder.result(train_scan, train, val_scan);
  EXPECT_EQ(overlap.train_documents, 3);  // 7 8 9 once, 4 twice; the empty one is none
  EXPECT_EQ(overlap.val_documents, 2);
  EXPECT_EQ(overlap.which, "0-1");
  EXPECT_EQ(overlap.first, "training document 1 (fineweb_train_000000.bin, token 3) is validation document 0");
}

TEST_F(SplitScanTest, RangesAreShort) {
  EXPECT_EQ(ranges_text({}), "");
  EXPECT_EQ(ranges_text({3}), "3");
  EXPECT_EQ(ranges_text({3, 4, 5, 17, 19}), "3-5, 17, 19");
  EXPECT_EQ(ranges_text({1, 3, 5, 7, 9}, 2), "1, 3 and 3 more documents");
}

TEST_F(SplitScanTest, AFileThatIsAsItWasIsNotHashedAgain) {
  const auto shards = cut({1, 5, 6, 7, 1, 9}, 3);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  ShardMemory memory;
  EXPECT_EQ(scan_split(shards, {.bos_id = 1, .memory = &memory}).remembered_files(), 0);
  EXPECT_EQ(scan_split(shards, {.bos_id = 1, .memory = &memory}).remembered_files(), 2);
  const auto path = directory_ / "hashes.json";
  memory.save(path);
  const ShardMemory read = ShardMemory::load(path);
  const RememberedShard* known = read.find(shards[0].stamp());
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->sha256, sha256_file(shards[0].path()));
  EXPECT_EQ(known->largest, 6);
  FileStamp other = shards[0].stamp();
  ++other.changed_ns;
  EXPECT_EQ(read.find(other), nullptr) << "written to since";
}

TEST_F(SplitScanTest, AFileOfThisVeryMomentIsNotRemembered) {
  const auto shards = cut({1, 5, 6}, 3);
  ShardMemory memory;
  memory.remember({"a", shards[0].stamp(), "aa", 6}, shards[0].stamp().changed_ns + 1'000'000);
  EXPECT_EQ(memory.find(shards[0].stamp()), nullptr);
  memory.remember({"a", shards[0].stamp(), "aa", 6}, shards[0].stamp().changed_ns + 100'000'000);
  EXPECT_NE(memory.find(shards[0].stamp()), nullptr);
  memory.forget(shards[0].stamp());
  EXPECT_EQ(memory.find(shards[0].stamp()), nullptr);
}

TEST_F(SplitScanTest, TwoProgramsSaveTogetherAndWhatChangedIsDropped) {
  const auto shards = cut({1, 5, 6, 7, 1, 9}, 3);
  const auto remembered = [&](size_t i) {
    ShardMemory memory;
    memory.remember({shards[i].path().string(), shards[i].stamp(), "aa", 9},
                    shards[i].stamp().changed_ns + 100'000'000);
    return memory;
  };
  const auto path = directory_ / "hashes.json";
  remembered(0).save(path);
  remembered(1).save(path);
  EXPECT_NE(ShardMemory::load(path).find(shards[0].stamp()), nullptr);
  EXPECT_NE(ShardMemory::load(path).find(shards[1].stamp()), nullptr);
  std::filesystem::remove(shards[0].path());
  remembered(1).save(path);
  EXPECT_EQ(ShardMemory::load(path).find(shards[0].stamp()), nullptr);
  write_file_atomic(path, std::string_view("{\"format\":\"pgolf.hashes/2\",\"files\":[]}"));
  EXPECT_THAT(error_of(ErrorKind::submission, [&] { ShardMemory::load(path); }), HasSubstr("pgolf.hashes/2"));
  remembered(1).save(path);
  EXPECT_NE(ShardMemory::load(path).find(shards[1].stamp()), nullptr);
}

}  // namespace
}  // namespace pgolf
