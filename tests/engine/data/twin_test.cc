#include "engine/data/twin.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "base/file.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "engine/data/documents.h"
#include "engine/data/prepare.h"
#include "tests/engine/data/fixtures.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr size_t kVal = 20, kKnown = 60;

class TwinOf : public testing::Test {
 protected:
  void SetUp() override { set_progress_mode(ProgressMode::off); }

  fs::path docs(const char* name, const std::vector<std::string>& documents) const {
    std::string text;
    for (const auto& document : documents) text += document_line(document);
    write_file_atomic(directory_.path() / name, text);
    return directory_.path() / name;
  }
  std::vector<std::string> part(size_t begin, size_t end) const { return {all_.begin() + begin, all_.begin() + end}; }
  // The first kKnown documents, kVal of them for validation.
  DataManifest prepared(bool caseops = false) const {
    PrepareOptions o;
    o.docs = docs("docs.jsonl", part(0, kKnown)), o.out = directory_.path() / "data", o.val_docs = kVal;
    o.caseops = caseops, o.tokenizer = tokenizer_path(caseops ? kCaseOpsModel : kPlainModel), o.shard_tokens = 5000;
    return prepare_data(o).manifest;
  }
  static std::vector<std::string> texts_of(const fs::path& file) {
    std::vector<std::string> out;
    DocumentReader reader(file, Blanks::keep);
    while (auto text = reader.next()) out.push_back(std::move(*text));
    return out;
  }

  TempDirectory directory_;
  std::vector<std::string> all_ = corpus(120);
};

// As many documents as validation has, of those that nobody has, in the file's order.
TEST_F(TwinOf, IsDrawnFromWhatIsFresh) {
  const DataManifest data = prepared();
  const TwinSet twin = draw_twin({data.directory, docs("all.jsonl", all_)});
  EXPECT_EQ(twin.documents, static_cast<int64_t>(kVal));
  EXPECT_EQ(twin.source_documents, 120);
  EXPECT_EQ(twin.fresh_documents, 60);
  EXPECT_EQ(twin.of, data.sha256);
  const std::vector<std::string> drawn = texts_of(data.directory / "twin/val/documents.jsonl");
  ASSERT_EQ(drawn.size(), kVal);
  auto at = all_.begin() + kKnown;
  for (const std::string& text : drawn) {
    at = std::find(at, all_.end(), text);
    ASSERT_NE(at, all_.end());  // fresh, and after the one before
    ++at;
  }
  const auto loaded = load_twin(data);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->tokens, twin.tokens);
  int64_t tokens = 0;
  for (const ShardEntry& shard : loaded->shards) {
    tokens += shard.tokens;
    EXPECT_EQ(sha256_file(data.directory / "twin" / shard.file), shard.sha256);
  }
  EXPECT_EQ(tokens, twin.tokens);
  EXPECT_EQ(load_manifest(data.directory).sha256, data.sha256);  // to which runs are pinned
}

TEST_F(TwinOf, EqualInputGivesAnEqualTwin) {
  const DataManifest data = prepared();
  const fs::path all = docs("all.jsonl", all_);
  draw_twin({data.directory, all});
  const std::string before = read_text(data.directory / "twin/twin.json");
  fs::remove_all(data.directory / "twin");
  draw_twin({data.directory, all});
  EXPECT_EQ(read_text(data.directory / "twin/twin.json"), before);
}

// A fresh document that is a training document with another first word; one that is there twice counts once.
TEST_F(TwinOf, NearDocumentsAndRepeatsAreLeftOut) {
  const DataManifest data = prepared();
  std::vector<std::string> source = part(kKnown, kKnown + kVal);
  for (size_t i = kVal; i < kVal + 5; ++i) source.push_back("Changed " + all_[i]);
  source.push_back(source.front());
  const TwinSet twin = draw_twin({data.directory, docs("near.jsonl", source)});
  EXPECT_EQ(twin.fresh_documents, static_cast<int64_t>(kVal) + 5);
  EXPECT_EQ(twin.near_documents, 5);
  EXPECT_EQ(texts_of(data.directory / "twin/val/documents.jsonl"), part(kKnown, kKnown + kVal));
}

TEST_F(TwinOf, CaseOpsHasASidecar) {
  const DataManifest data = prepared(true);
  const TwinSet twin = draw_twin({data.directory, docs("all.jsonl", all_)});
  ASSERT_EQ(twin.byte_shards.size(), twin.shards.size());
  EXPECT_EQ(twin.byte_shards.front().tokens, twin.shards.front().tokens);
}

TEST_F(TwinOf, TooLittleTextLeavesNothingBehind) {
  const DataManifest data = prepared();
  const fs::path few = docs("few.jsonl", part(0, kKnown + kVal - 1));
  EXPECT_THAT(error_of(ErrorKind::usage,
                       [&] {
                         draw_twin({data.directory, few});
                       }),
              HasSubstr("19 of its 79 documents are in neither training nor validation, the twin needs 20"));
  EXPECT_FALSE(fs::exists(data.directory / "twin"));
  EXPECT_FALSE(load_twin(data));
}

TEST_F(TwinOf, ASecondTwinIsRefused) {
  const DataManifest data = prepared();
  const fs::path all = docs("all.jsonl", all_);
  draw_twin({data.directory, all});
  EXPECT_THAT(error_of(ErrorKind::usage, [&] { draw_twin({data.directory, all}); }), HasSubstr("is there already"));
}

TEST_F(TwinOf, ADamagedNewerOrForeignFileIsRefused) {
  const DataManifest data = prepared();
  draw_twin({data.directory, docs("all.jsonl", all_)});
  const fs::path file = data.directory / "twin/twin.json";
  const std::string good = read_text(file);
  const auto refusal = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    write_file_atomic(file, text);
    return error_of(ErrorKind::submission, [&] { load_twin(data); });
  };
  EXPECT_THAT(refusal("pgolf.twin/1", "pgolf.twin/2"), HasSubstr("use a newer pgolf"));
  EXPECT_THAT(refusal("pgolf.twin/1", "pgolf.other/1"), HasSubstr("not a twin"));
  EXPECT_THAT(refusal(data.sha256, std::string(64, '0')), HasSubstr("the twin of other data"));
  EXPECT_THAT(refusal("\"documents\": 20", "\"documents\": -20"), HasSubstr("negative"));
  EXPECT_THAT(refusal("val/fineweb_val_000000.bin", "../fineweb_val_000000.bin"), HasSubstr("outside the directory"));
  EXPECT_NE(refusal("\"tokens\"", "\"token\""), "no error");
}

}  // namespace
}  // namespace pgolf
