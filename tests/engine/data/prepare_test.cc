#include "engine/data/prepare.h"

#include <gmock/gmock.h>

#include <numeric>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "engine/data/bytes.h"
#include "engine/data/documents.h"
#include "engine/data/verify.h"
#include "tests/engine/data/fixtures.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class Prepare : public testing::Test {
 protected:
  void SetUp() override { set_progress_mode(ProgressMode::off); }

  fs::path write_docs(const std::vector<std::string>& documents) {
    std::string text;
    for (const auto& document : documents) text += document_line(document);
    return write_text(text);
  }
  fs::path write_text(std::string_view text) {
    write_file_atomic(directory_ / "docs.jsonl", text);
    return directory_ / "docs.jsonl";
  }
  PrepareOptions options(const fs::path& docs, int64_t val_docs) const {
    PrepareOptions o;
    o.docs = docs;
    o.out = directory_ / "data";
    o.tokenizer = tokenizer_path(kPlainModel);
    o.val_docs = val_docs;
    return o;
  }
  // The one line that refuses; nothing may be left behind.
  std::string refusal(const PrepareOptions& o, ErrorKind kind) {
    const std::string line = error_of(kind, [&] { prepare_data(o); });
    EXPECT_FALSE(fs::exists(o.out));
    EXPECT_FALSE(fs::exists(o.out.string() + ".partial"));
    return line;
  }

  TempDirectory directory_;
};

std::vector<uint16_t> all_tokens(const fs::path& folder, ShardKind kind) {
  std::vector<uint16_t> out;
  for (const Shard& shard : open_shards(list_shards(folder, kind)))
    out.insert(out.end(), shard.tokens().begin(), shard.tokens().end());
  return out;
}

TEST_F(Prepare, WritesWhatTheTokenizerSays) {
  const auto documents = corpus(40);
  PrepareOptions o = options(write_docs(documents), 10);
  o.shard_tokens = 5000;  // documents straddle shards
  const PrepareResult result = prepare_data(o);
  const DataManifest& m = result.manifest;
  const Tokenizer t = Tokenizer::load(o.tokenizer);
  std::vector<uint16_t> val, train;
  for (size_t i = 0; i < documents.size(); ++i) {
    auto& split = i < 10 ? val : train;
    split.push_back(1);
    for (const int32_t id : t.encode(documents[i])) split.push_back(static_cast<uint16_t>(id));
  }
  EXPECT_EQ(all_tokens(o.out / "val", ShardKind::val), val);
  EXPECT_EQ(all_tokens(o.out / "train", ShardKind::train), train);
  EXPECT_EQ(m.val.documents, 10);
  EXPECT_EQ(m.train.documents, 30);
  EXPECT_EQ(m.source_documents, 40);
  EXPECT_EQ(m.val.tokens, static_cast<int64_t>(val.size()));
  EXPECT_EQ(m.train.shards.size(), (train.size() + 4999) / 5000);
  for (const ShardEntry& entry : m.train.shards) {
    EXPECT_EQ(entry.sha256, sha256_file(o.out / entry.file));
    EXPECT_EQ(entry.bytes, 1024 + 2 * entry.tokens);
  }
  EXPECT_EQ(m.source.sha256, sha256_file(o.docs));
  EXPECT_EQ(m.source.bytes, static_cast<int64_t>(fs::file_size(o.docs)));
  EXPECT_EQ(m.tokenizer.sha256, sha256_file(o.tokenizer));
  EXPECT_EQ(read_bytes(o.out / "tokenizer.model"), read_bytes(o.tokenizer));
  const int64_t text_bytes =
      std::accumulate(documents.begin(), documents.begin() + 10, int64_t{0},
                      [](int64_t n, const auto& d) { return n + static_cast<int64_t>(d.size()); });
  EXPECT_EQ(m.val_text_bytes, text_bytes);
  EXPECT_FALSE(fs::exists(o.out.string() + ".partial"));
}

TEST_F(Prepare, IsDeterministic) {
  PrepareOptions o = options(write_docs(corpus(60)), 7);
  o.tokenizer.clear();
  o.train_vocab_size = 400;
  const DataManifest a = prepare_data(o).manifest;
  o.out = directory_ / "again";
  EXPECT_EQ(prepare_data(o).manifest.sha256, a.sha256);
  EXPECT_TRUE(a.tokenizer_trained);
  EXPECT_TRUE(verify_data(o.out).passed());
}

TEST_F(Prepare, TheTokenizerIsTrainedOnTrainingDocumentsAlone) {
  auto documents = corpus(60);
  PrepareOptions o = options(write_docs(documents), 7);
  o.tokenizer.clear();
  o.train_vocab_size = 400;
  const std::string hash = prepare_data(o).manifest.tokenizer.sha256;
  for (size_t i = 0; i < 7; ++i) documents[i] = "zzz qqq zzz qqq zzz" + std::to_string(i);
  o.docs = write_docs(documents);
  o.out = directory_ / "other";
  EXPECT_EQ(prepare_data(o).manifest.tokenizer.sha256, hash);
}

TEST_F(Prepare, CaseOpsWritesASidecar) {
  const auto documents = corpus(20);
  PrepareOptions o = options(write_docs(documents), 8);
  o.tokenizer = tokenizer_path(kCaseOpsModel);
  o.caseops = true;
  o.shard_tokens = 3000;
  const DataManifest m = prepare_data(o).manifest;
  const auto tokens = all_tokens(o.out / "val", ShardKind::val),
             bytes = all_tokens(o.out / "val", ShardKind::val_bytes);
  ASSERT_EQ(tokens.size(), bytes.size());
  EXPECT_EQ(m.val_byte_shards.size(), m.val.shards.size());
  int64_t sum = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    sum += bytes[i];
    const bool free = tokens[i] == 1 || (tokens[i] >= 4 && tokens[i] <= 7);  // BOS, operators
    EXPECT_TRUE(!free || bytes[i] == 0) << i;
  }
  EXPECT_EQ(sum, m.val_sidecar_bytes);
  EXPECT_LE(sum, m.val_text_bytes);
  EXPECT_GT(sum, m.val_text_bytes - 100);  // only blanks at the ends are missing
  const ValidationData data = load_validation(o.out / "val", 8192, nullptr);
  EXPECT_EQ(std::accumulate(data.target_bytes.begin(), data.target_bytes.end(), int64_t{0}), sum);
}

TEST_F(Prepare, DropsTrainingDocumentsThatRepeatAValidationDocument) {
  auto documents = corpus(20);
  documents.push_back(documents[2]);
  documents.push_back("  " + documents[3] + "\n");  // equal once normalised
  documents.push_back(documents[15]);               // a repeat within training stays
  const PrepareOptions o = options(write_docs(documents), 5);
  const DataManifest m = prepare_data(o).manifest;
  EXPECT_EQ(m.train_documents_dropped, 2);
  EXPECT_EQ(m.train.documents, 16);
  const VerifyReport report = verify_data(o.out);
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(report.overlap.train_documents, 0);
}

TEST_F(Prepare, RefusesBadDocumentsWithTheirLine) {
  const std::string good = document_line("A good document.");
  const auto refused = [&](const std::string& third) {
    return refusal(options(write_text(good + good + third + good), 1), ErrorKind::submission);
  };
  EXPECT_THAT(refused("{\"text\": \"\"}\n"), HasSubstr("docs.jsonl:3: the document is empty"));
  EXPECT_THAT(refused("{\"text\": \" \\n\\t\"}\n"), HasSubstr("docs.jsonl:3: the document is empty"));
  EXPECT_THAT(refused("{\"text\": \"\\u0001\\u0002\"}\n"), HasSubstr("docs.jsonl:3: the document has no token"));
  EXPECT_THAT(refused("{\"text\": \"caf\xE9\"}\n"), HasSubstr("docs.jsonl:3: not UTF-8 at byte 13"));
  EXPECT_THAT(refused("{\"text\": \"\\ud800\"}\n"), HasSubstr("docs.jsonl:3: not valid JSON"));
  EXPECT_THAT(refused("{\"text\": \"cut\n"), HasSubstr("docs.jsonl:3: not valid JSON"));
  EXPECT_THAT(refused("{\"body\": \"x\"}\n"), HasSubstr("docs.jsonl:3: key 'text' is missing"));
  EXPECT_THAT(refused("{\"text\": 7}\n"), HasSubstr("docs.jsonl:3: key 'text' has the wrong type"));
  EXPECT_THAT(refused("[1]\n"), HasSubstr("docs.jsonl:3: key 'text' is missing"));
}

TEST_F(Prepare, ABrokenLineIsNotQuotedWhole) {
  const std::string line = "{\"text\": \"" + std::string(100'000, 'x') + "\n";
  const std::string error = refusal(options(write_text(line), 1), ErrorKind::submission);
  EXPECT_THAT(error, HasSubstr("docs.jsonl:1: not valid JSON"));
  EXPECT_LT(error.size(), 500);
}

TEST_F(Prepare, BlankLinesAndAMissingLastNewlineAreNoError) {
  const std::string good = document_line("A good document.");
  const auto m =
      prepare_data(
          options(write_text("\n" + good + "\r\n \n" + document_line("Another one.") + "{\"text\":\"The last.\"}"), 1))
          .manifest;
  EXPECT_EQ(m.source_documents, 3);
}

TEST_F(Prepare, RefusesOptionsThatLeaveNothing) {
  const fs::path docs = write_docs(corpus(5));
  EXPECT_THAT(refusal(options(docs, 0), ErrorKind::usage), HasSubstr("at least one"));
  EXPECT_THAT(refusal(options(docs, -1), ErrorKind::usage), HasSubstr("at least one"));
  EXPECT_THAT(refusal(options(docs, 5), ErrorKind::usage), HasSubstr("5 documents, 5 of them"));
  EXPECT_THAT(refusal(options(docs, 50), ErrorKind::usage), HasSubstr("leave none to train on"));
  for (const int64_t val_docs : {5, 50}) {
    PrepareOptions o = options(docs, val_docs);
    o.tokenizer.clear();
    o.train_vocab_size = 300;
    EXPECT_THAT(refusal(o, ErrorKind::usage), HasSubstr("5 documents"));
  }
  PrepareOptions both = options(docs, 1);
  both.train_vocab_size = 300;
  EXPECT_THAT(refusal(both, ErrorKind::usage), HasSubstr("either"));
  PrepareOptions shards = options(docs, 1);
  shards.shard_tokens = 0;
  EXPECT_THAT(refusal(shards, ErrorKind::usage), HasSubstr("tokens a shard"));
  EXPECT_THAT(refusal(options(directory_ / "none.jsonl", 1), ErrorKind::not_found), HasSubstr("none.jsonl"));
  EXPECT_THAT(refusal(options(directory_.path(), 1), ErrorKind::usage), HasSubstr("a file was expected"));
  EXPECT_THAT(refusal(options(write_text(""), 1), ErrorKind::usage), HasSubstr("0 documents"));
  const std::string same = document_line("One and the same.");
  EXPECT_THAT(refusal(options(write_text(same + same + same), 1), ErrorKind::usage), HasSubstr("repeats"));
}

TEST_F(Prepare, RefusesTokenizersThatDoNotServe) {
  const fs::path docs = write_docs(corpus(5));
  PrepareOptions o = options(docs, 1);
  o.caseops = true;
  EXPECT_THAT(refusal(o, ErrorKind::submission), HasSubstr("CaseOps model"));
  o = options(docs, 1);
  o.tokenizer = docs;
  EXPECT_THAT(refusal(o, ErrorKind::submission), HasSubstr("not a SentencePiece model"));
  o.tokenizer = directory_ / "none.model";
  EXPECT_THAT(refusal(o, ErrorKind::not_found), HasSubstr("none.model"));
}

TEST_F(Prepare, NeverTouchesADirectoryThatHoldsSomething) {
  PrepareOptions o = options(write_docs(corpus(5)), 1);
  fs::create_directory(o.out);
  write_file_atomic(o.out / "precious", std::string_view("x"));
  EXPECT_THROW(prepare_data(o), Error);
  EXPECT_EQ(read_text(o.out / "precious"), "x");
  fs::remove(o.out / "precious");
  EXPECT_NO_THROW(prepare_data(o));  // an empty one is fine
}

TEST_F(Prepare, WhatAnInterruptedRunLeftIsReplaced) {
  PrepareOptions o = options(write_docs(corpus(5)), 1);
  fs::create_directories(o.out.string() + ".partial/val");
  write_file_atomic(fs::path(o.out.string() + ".partial/val/fineweb_val_000007.bin"), std::string_view("half"));
  prepare_data(o);
  EXPECT_TRUE(verify_data(o.out).passed());
  EXPECT_FALSE(fs::exists(o.out.string() + ".partial"));
}

TEST_F(Prepare, AnInterruptionLeavesNothing) {
  PrepareOptions o = options(write_docs(corpus(30)), 3);
  int left = 12;
  o.poll = [&] {
    if (--left == 0) fail(ErrorKind::machine, "interrupted");
  };
  EXPECT_THAT(refusal(o, ErrorKind::machine), HasSubstr("interrupted"));
}

}  // namespace
}  // namespace pgolf
