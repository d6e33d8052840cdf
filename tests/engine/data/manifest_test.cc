#include "engine/data/manifest.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "engine/data/documents.h"
#include "engine/data/manifest_json.h"
#include "engine/data/prepare.h"
#include "engine/data/verify.h"
#include "tests/engine/data/fixtures.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class Manifest : public testing::Test {
 protected:
  void SetUp() override { set_progress_mode(ProgressMode::off); }

  DataManifest prepare(size_t documents, int64_t val_docs) {
    std::string text;
    for (const auto& document : corpus(documents)) text += document_line(document);
    write_file_atomic(directory_ / "docs.jsonl", text);
    PrepareOptions o;
    o.docs = directory_ / "docs.jsonl";
    o.out = directory_ / "data";
    o.tokenizer = tokenizer_path(kPlainModel);
    o.val_docs = val_docs;
    return prepare_data(o).manifest;
  }

  TempDirectory directory_;
};

TEST_F(Manifest, ReturnsAsWritten) {
  const DataManifest written = prepare(12, 4);
  const DataManifest read = load_manifest(written.directory);
  EXPECT_EQ(to_json(read).dump(), to_json(written).dump());
  EXPECT_EQ(read.sha256, written.sha256);
  EXPECT_EQ(read.sha256, sha256_file(written.directory / "manifest.json"));
  EXPECT_EQ(read.tokenizer_settings.vocab_size, 1024);
  EXPECT_EQ(read.tokenizer_settings.normalization_rule_name, "nmt_nfkc");
}

TEST_F(Manifest, ReadsTheFirstFormat) {
  DataManifest m = prepare(5, 1);
  m.overlap.near_documents.reset();  // nobody looked for them then
  Json first = read_json(m.directory / "manifest.json");
  first["format"] = "pgolf.data/1";
  first.erase("origin");
  first["train"].erase("empty_documents"), first["train"].erase("in_validation"), first["val"].erase("empty_documents");
  write_file_atomic(m.directory / "manifest.json", first.dump());
  const DataManifest read = load_manifest(m.directory);
  EXPECT_EQ(to_json(read).dump(), to_json(m).dump());
  EXPECT_TRUE(verify_data(m.directory).passed());
}

TEST_F(Manifest, RefusesDamage) {
  const DataManifest m = prepare(5, 1);
  const fs::path path = m.directory / "manifest.json";
  const Json good = read_json(path);
  const auto error = [&](const Json& json) {
    write_file_atomic(path, json.dump());
    return error_of(ErrorKind::submission, [&] { load_manifest(m.directory); });
  };
  EXPECT_EQ(error(good), "no error");
  Json bad = good;
  bad["format"] = "pgolf.data/3";
  EXPECT_THAT(error(bad), AllOf(HasSubstr("pgolf.data/3"), HasSubstr("reads 'pgolf.data/1' and 'pgolf.data/2'")));
  bad = good;
  bad["origin"] = "found";
  EXPECT_THAT(error(bad), HasSubstr("origin 'found'"));
  bad = good;
  bad["train"]["shards"][0]["file"] = "../../etc/passwd";
  EXPECT_THAT(error(bad), HasSubstr("outside the data directory"));
  bad["train"]["shards"][0]["file"] = "/etc/passwd";
  EXPECT_THAT(error(bad), HasSubstr("outside the data directory"));
  bad = good;
  bad["val"]["tokens"] = -3;
  EXPECT_THAT(error(bad), HasSubstr("'tokens' is negative"));
  bad["val"].erase("tokens");
  EXPECT_THAT(error(bad), HasSubstr("manifest.json val: key 'tokens' is missing"));
  bad = good;
  bad["train"]["shards"] = 3;
  EXPECT_THAT(error(bad), HasSubstr("'shards' has the wrong type"));
  EXPECT_THAT(error(Json::array()), HasSubstr("'format' is missing"));
  write_file_atomic(path, std::string_view("{"));
  EXPECT_THROW(load_manifest(m.directory), Error);
  fs::remove(path);
  EXPECT_THROW(load_manifest(m.directory), Error);
}

}  // namespace
}  // namespace pgolf
