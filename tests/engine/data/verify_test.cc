#include "engine/data/verify.h"

#include <gmock/gmock.h>

#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "engine/data/documents.h"
#include "engine/data/prepare.h"
#include "tests/engine/data/fixtures.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Verify : public testing::Test {
 protected:
  void SetUp() override { set_progress_mode(ProgressMode::off); }

  void prepare(const std::vector<std::string>& documents, int64_t val_docs, bool caseops = false) {
    std::string text;
    for (const auto& document : documents) text += document_line(document);
    write_file_atomic(directory_ / "docs.jsonl", text);
    PrepareOptions o;
    o.docs = directory_ / "docs.jsonl";
    o.out = data_;
    o.tokenizer = tokenizer_path(caseops ? kCaseOpsModel : kPlainModel);
    o.val_docs = val_docs;
    o.shard_tokens = 4000;
    o.caseops = caseops;
    prepare_data(o);
  }
  // Changes a file and makes the manifest agree with it, so that only what the content proves is left to find.
  void forge(const std::string& file, const std::function<void(std::vector<uint16_t>&)>& change) {
    auto bytes = read_bytes(data_ / file);
    std::vector<uint16_t> tokens((bytes.size() - 1024) / 2);
    std::memcpy(tokens.data(), bytes.data() + 1024, tokens.size() * 2);
    change(tokens);
    write_shard(data_ / file, tokens);
    Json manifest = read_json(data_ / "manifest.json");
    for (const char* split : {"train", "val"})
      for (const char* list : {"shards", "byte_shards"})
        if (manifest[split].contains(list))
          for (Json& entry : manifest[split][list])
            if (entry["file"] == file) {
              entry["sha256"] = sha256_file(data_ / file);
              manifest[split]["tokens"] = manifest[split]["tokens"].get<int64_t>() +
                                          static_cast<int64_t>(tokens.size()) - entry["tokens"].get<int64_t>();
              entry["tokens"] = tokens.size();
              entry["bytes"] = fs::file_size(data_ / file);
            }
    write_file_atomic(data_ / "manifest.json", manifest.dump());
  }
  // "check: detail" of every failure
  std::vector<std::string> failures() const {
    std::vector<std::string> out;
    for (const DataCheck& c : verify_data(data_).checks)
      if (c.status != CheckStatus::pass) out.push_back(c.name + ": " + c.detail);
    return out;
  }
  std::string first_failure() const {
    const auto all = failures();
    return all.empty() ? "no failure" : all.front();
  }

  TempDirectory directory_;
  fs::path data_ = directory_ / "data";
};

TEST_F(Verify, ProvesWhatPrepareWrote) {
  const auto documents = corpus(60);
  prepare(documents, 20);
  EXPECT_THAT(failures(), IsEmpty());
  const VerifyReport r = verify_data(data_);
  EXPECT_EQ(r.train_documents, 40);
  EXPECT_EQ(r.val_documents, 20);
  EXPECT_EQ(r.val_tokens, r.manifest.val.tokens);
  EXPECT_EQ(r.bytes.text_bytes, r.manifest.val_text_bytes);
  EXPECT_EQ(r.bytes.table_bytes, r.bytes.normalised_bytes);
  EXPECT_EQ(r.bytes.table_bytes, r.manifest.val_table_bytes);
}

TEST_F(Verify, CountsBytesOfTextThatNormalisationChanges) {
  // 2 outer blanks each; "  " and "\n\n" shrink by 1 each, the ligature by 1, the ellipsis by 0, the accent by 0.
  prepare({" one  two \xEF\xAC\x81 ", " caf\xC3\xA9\n\nthree\xE2\x80\xA6 ", "training text"}, 2);
  const VerifyReport r = verify_data(data_);
  EXPECT_TRUE(r.passed());
  EXPECT_EQ(r.bytes.text_bytes, 14 + 17);
  EXPECT_EQ(r.bytes.outer_bytes, 4);
  EXPECT_EQ(r.bytes.normalised_bytes, 10 + 14);
  EXPECT_EQ(r.bytes.table_bytes, 24);
  EXPECT_EQ(r.bytes.documents_changed, 2);
}

TEST_F(Verify, ProvesTheCaseOpsSidecarFromTheRawText) {
  std::string literal = "An escaped ";
  literal += "\xEE\x80\x82 operator and IPv6 \xE2\x85\xA3";  // U+E002; U+2163 becomes IV in NFKC
  auto documents = corpus(30);
  documents[0] = " " + literal + "\n";
  prepare(documents, 10, true);
  EXPECT_THAT(failures(), IsEmpty());
  const VerifyReport r = verify_data(data_);
  EXPECT_EQ(r.bytes.sidecar_bytes, r.bytes.text_bytes - r.bytes.outer_bytes);
  EXPECT_GE(r.bytes.outer_bytes, 2);
}

TEST_F(Verify, FindsDamagedFiles) {
  prepare(corpus(30), 10);
  const std::string train = "train/fineweb_train_000001.bin";
  const auto whole = read_bytes(data_ / train);
  auto flipped = whole;
  flipped[2000] ^= std::byte{1};
  write_file_atomic(data_ / train, flipped);
  EXPECT_THAT(first_failure(), AllOf(HasSubstr("train.shards"), HasSubstr("000001.bin"), HasSubstr("SHA-256")));
  fs::resize_file(data_ / train, whole.size() - 2);
  EXPECT_THAT(first_failure(), HasSubstr("truncated"));
  fs::remove(data_ / train);
  EXPECT_THAT(first_failure(), AllOf(HasSubstr("train.shards"), HasSubstr("000001.bin")));
  write_file_atomic(data_ / train, whole);
  write_file_atomic(data_ / "train/fineweb_train_000099.bin", whole);
  EXPECT_THAT(first_failure(), AllOf(HasSubstr("000099.bin"), HasSubstr("not in the manifest")));
  fs::remove(data_ / "train/fineweb_train_000099.bin");
  EXPECT_THAT(failures(), IsEmpty());
  write_file_atomic(data_ / "val/documents.jsonl", document_line("Something else."));
  EXPECT_THAT(first_failure(), AllOf(HasSubstr("val.text"), HasSubstr("SHA-256")));
}

TEST_F(Verify, FindsATokenBeyondTheVocabulary) {
  prepare(corpus(30), 10);
  forge("train/fineweb_train_000001.bin", [](auto& tokens) { tokens[17] = 1024; });
  EXPECT_THAT(first_failure(),
              AllOf(HasSubstr("train.documents"), HasSubstr("000001.bin"), HasSubstr("token 1024 at position 17")));
}

TEST_F(Verify, RefusesATokenizerThatIsNotTheShards) {
  prepare(corpus(30), 10);
  const Tokenizer other = train_tokenizer({.vocab_size = 1024}, source(corpus(200)));
  write_file_atomic(data_ / "tokenizer.model", other.model());
  EXPECT_THAT(first_failure(), AllOf(HasSubstr("tokenizer: "), HasSubstr("not the model of these shards")));
  // A manifest made to agree does not help: the raw text gives other tokens.
  Json manifest = read_json(data_ / "manifest.json");
  manifest["tokenizer"]["sha256"] = sha256_hex(other.model());
  write_file_atomic(data_ / "manifest.json", manifest.dump());
  EXPECT_THAT(first_failure(), AllOf(HasSubstr("val.tokens"), HasSubstr("does not match the shards: document 0")));
}

TEST_F(Verify, FindsAValidationDocumentInTheTrainingShards) {
  const auto documents = corpus(30);
  prepare(documents, 10);
  const Shard val = Shard::open(data_ / "val/fineweb_val_000000.bin");
  const auto end = std::find(val.tokens().begin() + 1, val.tokens().end(), 1);
  const std::vector<uint16_t> first(val.tokens().begin(), end);
  forge("train/fineweb_train_000000.bin",
        [&](auto& tokens) { tokens.insert(tokens.begin(), first.begin(), first.end()); });
  Json manifest = read_json(data_ / "manifest.json");
  manifest["train"]["documents"] = 21;
  manifest["source"]["documents"] = 31;
  write_file_atomic(data_ / "manifest.json", manifest.dump());
  EXPECT_THAT(failures(),
              ElementsAre(AllOf(HasSubstr("disjoint"), HasSubstr("1 training documents are validation documents"))));
  EXPECT_EQ(verify_data(data_).overlap.train_documents, 1);
}

TEST_F(Verify, CountsDocumentsByTheirBos) {
  prepare(corpus(30), 10);
  forge("train/fineweb_train_000000.bin", [](auto& tokens) { tokens[5] = 1; });
  EXPECT_THAT(first_failure(), AllOf(HasSubstr("training documents"), HasSubstr("21 found, the manifest has 20")));
  forge("train/fineweb_train_000000.bin", [](auto& tokens) { tokens[6] = 1; });
  EXPECT_THAT(first_failure(), HasSubstr("BOS follows BOS"));
  forge("train/fineweb_train_000000.bin", [](auto& tokens) { tokens[0] = 9; });
  EXPECT_THAT(first_failure(), HasSubstr("starts with token 9"));
}

TEST_F(Verify, FindsABentSidecar) {
  prepare(corpus(30), 10, true);
  forge("val/fineweb_val_bytes_000000.bin", [](auto& bytes) { bytes[7] += 1; });
  Json manifest = read_json(data_ / "manifest.json");
  EXPECT_THAT(first_failure(), AllOf(HasSubstr("bytes.sidecar"), HasSubstr("the manifest has")));
  manifest["val"]["sidecar_bytes"] = manifest["val"]["sidecar_bytes"].get<int64_t>() + 1;
  write_file_atomic(data_ / "manifest.json", manifest.dump());
  EXPECT_THAT(first_failure(), AllOf(HasSubstr("bytes.sidecar"), HasSubstr("the raw text")));
  forge("val/fineweb_val_bytes_000000.bin", [](auto& bytes) { bytes[0] = 1, bytes[7] -= 1; });
  EXPECT_THAT(first_failure(), HasSubstr("it gives the BOS at position 0 1 bytes"));
  forge("val/fineweb_val_bytes_000000.bin", [](auto& bytes) { bytes[0] = 0, bytes[7] += 1, bytes[9] -= 1; });
  manifest = read_json(data_ / "manifest.json");
  manifest["val"]["sidecar_bytes"] = manifest["val"]["sidecar_bytes"].get<int64_t>() - 1;
  write_file_atomic(data_ / "manifest.json", manifest.dump());
  EXPECT_THAT(first_failure(), HasSubstr("bytes.sidecar: document 0, token 7: the text has"));
}

TEST_F(Verify, CountsRepeatsWithinValidation) {
  auto documents = corpus(20);
  documents[3] = documents[1];
  prepare(documents, 5);
  const VerifyReport r = verify_data(data_);
  EXPECT_TRUE(r.passed());
  EXPECT_EQ(r.val_duplicates, 1);
}

TEST_F(Verify, NeedsAManifest) { EXPECT_THROW(verify_data(directory_.path()), Error); }

}  // namespace
}  // namespace pgolf
