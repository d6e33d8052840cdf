// `prepare --upstream-order` against what the challenge's own scripts wrote. The hashes are of files that those scripts
// made of the documents below: export_shards of data/download_hf_docs_and_tokenize.py (shards of 4,000 tokens) and
// prepare_caseops_data.py of PR 2097 with SHARD_TOKENS set to 3,000 and to 500, under SentencePiece 0.2.0.
#include <gmock/gmock.h>

#include "base/file.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "engine/data/documents.h"
#include "engine/data/prepare.h"
#include "engine/data/verify.h"
#include "tests/engine/data/fixtures.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

// Blank documents, one that leaves no token, capitals and operators, and validation documents in training.
std::vector<std::string> awkward_documents() {
  auto documents = corpus(60);
  documents[2] = "";
  documents[5] =
      " Outer  blanks\n\nand \xEF\xAC\x81 ligatures\xE2\x80\xA6 \xE2\x85\xA3, e\xCC\x81, NASA's McDonald "
      "\xEE\x80\x82 \xEE\x80\x84x\t";
  documents[20] = " \n\t";
  documents[21] = "\x01\x02";
  documents[30] = documents[3];
  documents[31] = "  " + documents[4] + "\n";
  documents[40] = documents[41];
  return documents;
}

class UpstreamOrder : public testing::Test {
 protected:
  void SetUp() override { set_progress_mode(ProgressMode::off); }

  PrepareResult prepare(int64_t shard_tokens, bool caseops) {
    std::string text;
    for (const auto& document : awkward_documents()) text += document_line(document);
    write_file_atomic(directory_ / "docs.jsonl", text);
    PrepareOptions o;
    o.docs = directory_ / "docs.jsonl";
    o.out = data_;
    o.tokenizer = tokenizer_path(caseops ? kCaseOpsModel : kPlainModel);
    o.val_docs = 10;
    o.shard_tokens = shard_tokens;
    o.caseops = caseops;
    o.upstream_order = true;
    return prepare_data(o);
  }

  // Number of files, and SHA-256 over the SHA-256 of each.
  std::pair<size_t, std::string> files(const char* folder, ShardKind kind) const {
    Sha256 all;
    const auto paths = list_shards(data_ / folder, kind);
    for (const auto& path : paths) all.update(sha256_file(path));
    return {paths.size(), all.hex()};
  }

  TempDirectory directory_;
  fs::path data_ = directory_ / "data";
};

TEST_F(UpstreamOrder, IsTheMainScriptsByteForByte) {
  const DataManifest m = prepare(4000, false).manifest;
  EXPECT_EQ(files("train", ShardKind::train),
            std::pair(size_t{10}, std::string("330326ec2d044fe0db596db370671a6b2b51228d9654e1ba52e9b1e4d33c8aa7")));
  EXPECT_EQ(files("val", ShardKind::val),
            std::pair(size_t{2}, std::string("8aaad3a97d65ffbca908d885ceb2aa7604c54c21bb8e7ca4acacc517ea47437f")));
  EXPECT_EQ(m.train.documents, 50);
  EXPECT_EQ(m.train.tokens, 37'123);
  EXPECT_EQ(m.val.tokens, 6'114);
}

TEST_F(UpstreamOrder, IsTheCaseOpsScriptsByteForByte) {
  prepare(3000, true);
  EXPECT_EQ(files("train", ShardKind::train),
            std::pair(size_t{10}, std::string("0272cdabbcc8c3b1f1a9d4315b42081b5206da1e9b3b9e4ed9a6503a3cc17fea")));
  EXPECT_EQ(files("val", ShardKind::val),
            std::pair(size_t{2}, std::string("e1b32e8527ad9a8cec667a0ff916135682bed559db04dd77234091062f350583")));
  EXPECT_EQ(files("val", ShardKind::val_bytes),
            std::pair(size_t{2}, std::string("1143f4a0533ce64f3187e8254060188556bae0729728d76ca452f98a00060ca6")));
}

TEST_F(UpstreamOrder, TheCaseOpsScriptCutsAtMostOneShardADocument) {
  prepare(500, true);
  EXPECT_EQ(files("train", ShardKind::train),
            std::pair(size_t{51}, std::string("2bed7ceaf64ec8a736fb8bb23ddf0e9d8e47e9fc8ba4e21d58cf9ac4bf698ee6")));
  EXPECT_EQ(files("val", ShardKind::val),
            std::pair(size_t{8}, std::string("fafd8d7ef775e5286f215a8151570c11af176924d58c235c172058b8328a1a7b")));
  EXPECT_EQ(files("val", ShardKind::val_bytes),
            std::pair(size_t{8}, std::string("107b8adec605a1ea71ee95113604dd6d8f50fbe87ebcfce1de454ece9369dfb0")));
}

TEST_F(UpstreamOrder, WhatItKeepsIsCounted) {
  const DataManifest m = prepare(4000, false).manifest;
  EXPECT_EQ(m.train_documents_dropped, 0);
  EXPECT_EQ(m.val.empty_documents, 1);
  EXPECT_EQ(m.train.empty_documents, 2);
  EXPECT_EQ(m.overlap.train_documents, 2);
  EXPECT_EQ(m.overlap.val_documents, 2);
  EXPECT_EQ(m.overlap.which, "3-4");
  EXPECT_EQ(m.overlap.first, "training document 20 is validation document 3");
  const VerifyReport report = verify_data(data_);
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(report.overlap.train_documents, 2);
  EXPECT_EQ(report.overlap.which, "3-4");
  EXPECT_EQ(report.manifest.origin, DataOrigin::upstream);
}

TEST_F(UpstreamOrder, TakesTheScriptsShardSizesUnlessTold) {
  PrepareOptions o;
  EXPECT_EQ(default_shard_tokens(o), 100'000'000);
  o.upstream_order = true;
  EXPECT_EQ(default_shard_tokens(o), 100'000'000);
  o.caseops = true;
  EXPECT_EQ(default_shard_tokens(o), 10'000'000);
  o.upstream_order = false;
  EXPECT_EQ(default_shard_tokens(o), 100'000'000);
}

}  // namespace
}  // namespace pgolf
