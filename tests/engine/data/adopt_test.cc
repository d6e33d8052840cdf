// `data adopt`: the challenge's layout, taken in where it lies.
#include <atomic>
#include <numeric>
#include <thread>

#include "base/json.h"
#include "engine/data/verify.h"
#include "tests/engine/data/adopt_fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

TEST_F(Adopt, TakesTheFolderInWhereItLies) {
  upstream(corpus(60), 20);
  const AdoptReport r = adopt();
  const DataManifest& m = r.manifest;
  EXPECT_EQ(m.directory.parent_path(), options_.home);
  EXPECT_THAT(m.directory.filename().string(), testing::MatchesRegex("fineweb10B_sp1024-[0-9a-f]+"));
  EXPECT_EQ(m.origin, DataOrigin::adopted);
  EXPECT_EQ(m.train.documents, 40);
  EXPECT_EQ(m.val.documents, 20);
  EXPECT_EQ(m.train.tokens, manifest_.train.tokens);
  EXPECT_EQ(m.val.tokens, manifest_.val.tokens);
  EXPECT_EQ(m.val_table_bytes, manifest_.val_table_bytes);
  EXPECT_EQ(m.shard_tokens, 4000);
  ASSERT_EQ(m.train.shards.size(), manifest_.train.shards.size());
  for (size_t i = 0; i < m.train.shards.size(); ++i) {
    EXPECT_EQ(m.train.shards[i].file, manifest_.train.shards[i].file);
    EXPECT_EQ(m.train.shards[i].sha256, manifest_.train.shards[i].sha256);
    const fs::path link = m.directory / m.train.shards[i].file;
    EXPECT_TRUE(fs::is_symlink(link));
    EXPECT_EQ(fs::read_symlink(link).parent_path(), fs::canonical(folder_));
  }
  EXPECT_EQ(load_manifest(m.directory).sha256, m.sha256);
  EXPECT_FALSE(m.has_text());
  EXPECT_EQ(check(r, "text").status, CheckStatus::unknown);
  EXPECT_EQ(check(r, "disjoint").status, CheckStatus::pass);
  EXPECT_EQ(check(r, "tokenizer").status, CheckStatus::pass);
  EXPECT_EQ(check(r, "ids").status, CheckStatus::pass);
  EXPECT_EQ(r.bytes[0].targets, m.val.tokens - 1);
  EXPECT_EQ(r.bytes[1].targets, (m.val.tokens - 1) / 1024 * 1024);
  EXPECT_EQ(r.bytes[2].row, 2048);
}

TEST_F(Adopt, TheBytesOfWholeRowsAreThoseThatAnEvaluationReads) {
  upstream(corpus(60), 20);
  const AdoptReport r = adopt();
  const Tokenizer tokenizer = Tokenizer::load(options_.tokenizer);
  const ByteTables tables = byte_tables(tokenizer, false, 1024);
  const ValidationData val = load_validation(r.manifest.val_directory(), 1024, &tables);
  for (const RowBytes& row : r.bytes)
    EXPECT_EQ(row.table,
              std::accumulate(val.target_bytes.begin() + 1, val.target_bytes.begin() + 1 + row.targets, int64_t{0}))
        << row.row;
}

TEST_F(Adopt, VerifyProvesWhatNeedsNoTextAndSaysWhatDoes) {
  upstream(corpus(60), 20);
  const VerifyReport report = verify_data(adopt().manifest.directory);
  EXPECT_TRUE(report.passed());
  std::vector<std::string> unknown;
  for (const DataCheck& c : report.checks) {
    EXPECT_NE(c.status, CheckStatus::fail) << c.detail;
    if (c.status == CheckStatus::unknown) unknown.push_back(c.name);
  }
  EXPECT_THAT(unknown, testing::ElementsAre("val.text", "val.tokens", "bytes.table"));
}

TEST_F(Adopt, TheDocumentsProveTheShards) {
  auto documents = corpus(60);
  documents[4] = "";
  upstream(documents, 20);
  options_.docs = docs_;
  const AdoptReport r = adopt();
  EXPECT_EQ(check(r, "text").status, CheckStatus::pass);
  EXPECT_EQ(r.manifest.val_text_bytes, manifest_.val_text_bytes);
  EXPECT_EQ(r.manifest.val_text.sha256, manifest_.val_text.sha256);
  EXPECT_EQ(r.manifest.val.empty_documents, 1);
  for (const DataCheck& c : verify_data(r.manifest.directory).checks)
    EXPECT_EQ(c.status, CheckStatus::pass) << c.detail;
}

TEST_F(Adopt, SidecarsAreTakenInAndProven) {
  upstream(corpus(40), 15, true);
  options_.docs = docs_;
  const AdoptReport r = adopt();
  EXPECT_EQ(r.manifest.val_byte_shards.size(), r.manifest.val.shards.size());
  EXPECT_EQ(r.manifest.val_sidecar_bytes, manifest_.val_sidecar_bytes);
  EXPECT_EQ(r.bytes[0].sidecar, manifest_.val_sidecar_bytes);
  EXPECT_TRUE(verify_data(r.manifest.directory).passed());
  options_.caseops = false;
  EXPECT_THAT(error_of(ErrorKind::usage, [&] { adopt(); }), HasSubstr("add --caseops"));
}

// Without the text nothing proves a sidecar; but no piece stands for more bytes than it has.
TEST_F(Adopt, ASidecarThatCountsMoreThanThePiecesIsTold) {
  upstream(corpus(40), 15, true);
  const std::string name = "fineweb_val_bytes_000000.bin";
  auto bytes = tokens(name);
  EXPECT_EQ(check(adopt(), "bytes").status, CheckStatus::pass);
  bytes[5] = 65'535;
  write_shard(folder_ / name, bytes);
  const AdoptReport r = adopt();
  EXPECT_EQ(check(r, "bytes").status, CheckStatus::warn);
  EXPECT_THAT(check(r, "bytes").detail, HasSubstr("by the sidecar: more than the pieces have"));
}

TEST_F(Adopt, CaseOpsShardsMayHaveNoSidecar) {
  upstream(corpus(40), 15, true);
  for (const auto& path : list_shards(folder_, ShardKind::val_bytes)) fs::remove(path);
  const AdoptReport r = adopt();
  EXPECT_TRUE(r.manifest.val_byte_shards.empty());
  EXPECT_EQ(r.manifest.val_sidecar_bytes, 0);
  EXPECT_THAT(check(r, "bytes").detail, HasSubstr("no byte sidecar"));
  EXPECT_TRUE(verify_data(r.manifest.directory).passed());
}

TEST_F(Adopt, NamesValidationDocumentsInTraining) {
  auto documents = corpus(60);
  for (int i = 0; i < 3; ++i) documents[static_cast<size_t>(30 + i)] = documents[static_cast<size_t>(5 + i)];
  documents[50] = documents[19];
  documents[51] = documents[19];
  upstream(documents, 20);
  const AdoptReport r = adopt();
  EXPECT_EQ(r.manifest.overlap.train_documents, 5);
  EXPECT_EQ(r.manifest.overlap.val_documents, 4);
  EXPECT_EQ(r.manifest.overlap.which, "5-7, 19");
  EXPECT_THAT(r.manifest.overlap.first,
              AllOf(HasSubstr("training document 10 (fineweb_train_00000"), HasSubstr("is validation document 5")));
  EXPECT_EQ(check(r, "disjoint").status, CheckStatus::fail);
  EXPECT_THAT(
      check(r, "disjoint").detail,
      HasSubstr("20.00 % of validation: 5 training documents are one of 4 validation documents: 5-7, 19; the first"));
  const VerifyReport report = verify_data(r.manifest.directory);
  EXPECT_TRUE(report.passed()) << "the manifest says so itself";
  EXPECT_EQ(report.overlap.which, "5-7, 19");
}

TEST_F(Adopt, AnOverlapOfOnePercentIsChance) {
  auto documents = corpus(220);
  documents[210] = documents[9];
  upstream(documents, 200);
  EXPECT_EQ(check(adopt(), "disjoint").status, CheckStatus::warn);
}

TEST_F(Adopt, HashesOnceAsLongAsNobodyWrites) {
  upstream(corpus(60), 20);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));  // files of this moment are not remembered
  const AdoptReport first = adopt();
  EXPECT_EQ(first.remembered, 0);
  const AdoptReport second = adopt();
  EXPECT_EQ(second.remembered, second.files);
  EXPECT_TRUE(second.existed);
  EXPECT_EQ(second.manifest.sha256, first.manifest.sha256);
  auto changed = tokens("fineweb_train_000001.bin");
  changed[7] ^= 1;
  write_shard(folder_ / "fineweb_train_000001.bin", changed);
  const AdoptReport third = adopt();
  EXPECT_EQ(third.remembered, third.files - 1);
  EXPECT_NE(third.manifest.sha256, first.manifest.sha256);
  EXPECT_NE(third.manifest.directory, first.manifest.directory);
  options_.rehash = true;
  EXPECT_EQ(adopt().remembered, 0);
}

TEST_F(Adopt, AMovedFolderKeepsItsIdentity) {
  upstream(corpus(60), 20);
  const AdoptReport first = adopt();
  const fs::path moved = directory_ / "elsewhere/fineweb10B_sp1024";
  fs::create_directory(moved.parent_path());
  fs::rename(folder_, moved);
  EXPECT_THAT(
      error_of(ErrorKind::not_found, [&] { Shard::open(first.manifest.directory / "train/fineweb_train_000000.bin"); }),
      AllOf(HasSubstr("a link to "), HasSubstr("which is not there")));
  options_.folder = moved;
  const AdoptReport second = adopt();
  EXPECT_EQ(second.manifest.directory, first.manifest.directory);
  EXPECT_EQ(second.manifest.sha256, first.manifest.sha256);
  EXPECT_TRUE(verify_data(second.manifest.directory).passed());
}

TEST_F(Adopt, ASmallerVocabularysIdsAreSuspicious) {
  upstream(corpus(40), 15);
  options_.tokenizer = tokenizer_path(kCaseOpsModel);
  const AdoptReport r = adopt();
  EXPECT_EQ(check(r, "ids").status, CheckStatus::warn);
  EXPECT_EQ(check(r, "tokenizer").status, CheckStatus::warn);
  EXPECT_THAT(check(r, "tokenizer").detail, HasSubstr("0 of 8 validation documents come out the same"));
}

TEST_F(Adopt, UpstreamsManifestMustAgree) {
  upstream(corpus(60), 20);
  Json stats = {{"docs_val", 20},
                {"files_val", 2},
                {"tokens_val", manifest_.val.tokens},
                {"docs_train", 40},
                {"files_train", manifest_.train.shards.size()},
                {"tokens_train", manifest_.train.tokens}};
  const auto write = [&] {
    const Json entry = {{"name", "fineweb10B_sp1024"}, {"vocab_size", 1024}, {"bos_id", 1}, {"stats", stats}};
    write_file_atomic(folder_ / "manifest.json", Json{{"shard_size", 4000}, {"datasets", Json::array({entry})}}.dump());
  };
  stats["files_val"] = manifest_.val.shards.size();
  write();
  EXPECT_EQ(check(adopt(), "upstream.manifest").status, CheckStatus::pass);
  stats["files_train"] = 195;  // more than are here: a prefix
  stats["tokens_train"] = 19'473'201'340;
  write();
  EXPECT_THAT(check(adopt(), "upstream.manifest").detail, HasSubstr("of its 195 training files are here"));
  stats["docs_val"] = 50'000;
  write();
  EXPECT_THAT(error_of(ErrorKind::submission, [&] { adopt(); }),
              HasSubstr("it has 50000 validation documents, here are 20"));
  stats["docs_val"] = 20, stats["files_train"] = manifest_.train.shards.size() - 1;  // another set's shard is mixed in
  write();
  EXPECT_THAT(error_of(ErrorKind::submission, [&] { adopt(); }), HasSubstr("training files, here are"));
  write_file_atomic(folder_ / "manifest.json", std::string_view("{\"datasets\": 3}"));
  EXPECT_EQ(check(adopt(), "upstream.manifest").status, CheckStatus::unknown);
  write_file_atomic(folder_ / "manifest.json", std::string_view("{"));
  EXPECT_EQ(check(adopt(), "upstream.manifest").status, CheckStatus::unknown);
  std::filesystem::resize_file(folder_ / "manifest.json", 1ULL << 40);  // sparse; not read
  EXPECT_THAT(check(adopt(), "upstream.manifest").detail, HasSubstr("bytes are no manifest"));
}

TEST_F(Adopt, AnInterruptionKeepsWhatWasHashed) {
  upstream(corpus(60), 20);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  std::atomic<int> left = 5;
  options_.poll = [&] {
    if (--left < 0) fail(ErrorKind::machine, "interrupted");
  };
  EXPECT_THAT(refusal(ErrorKind::machine), HasSubstr("interrupted"));
  options_.poll = [] {};
  EXPECT_GE(adopt().remembered, 1);
}

}  // namespace
}  // namespace pgolf
