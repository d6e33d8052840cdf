// A folder of shards in the challenge's layout, made of real documents, and what adopting it gives.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "engine/data/adopt.h"
#include "engine/data/documents.h"
#include "engine/data/prepare.h"
#include "tests/engine/data/fixtures.h"

namespace pgolf {

class Adopt : public testing::Test {
 protected:
  void SetUp() override {
    set_progress_mode(ProgressMode::off);
    options_.folder = folder_, options_.home = directory_ / "data";
    options_.tokenizer = tokenizer_path(kPlainModel);
    options_.memory = &memory_;
  }

  // A flat folder of what upstream's script makes of `documents`.
  void upstream(const std::vector<std::string>& documents, int64_t val_docs, bool caseops = false) {
    std::string text;
    for (const auto& document : documents) text += document_line(document);
    write_file_atomic(docs_, text);
    PrepareOptions o;
    o.docs = docs_;
    o.out = directory_ / "prepared";
    o.tokenizer = tokenizer_path(caseops ? kCaseOpsModel : kPlainModel);
    o.val_docs = val_docs;
    o.shard_tokens = 4000;
    o.caseops = caseops;
    o.upstream_order = true;
    manifest_ = prepare_data(o).manifest;
    std::filesystem::create_directory(folder_);
    for (const char* half : {"train", "val"})
      for (const auto& file : std::filesystem::directory_iterator(o.out / half))
        if (file.path().extension() == ".bin") std::filesystem::rename(file.path(), folder_ / file.path().filename());
    options_.tokenizer = o.tokenizer;
    options_.caseops = caseops;
  }

  AdoptReport adopt() { return adopt_data(options_); }
  std::string refusal(ErrorKind kind) {
    const std::string line = error_of(kind, [&] { adopt(); });
    EXPECT_FALSE(std::filesystem::exists(options_.home)) << "nothing may be left";
    return line;
  }
  std::vector<uint16_t> tokens(const std::string& name) const {
    const Shard shard = Shard::open(folder_ / name);
    return {shard.tokens().begin(), shard.tokens().end()};
  }
  static const DataCheck& check(const AdoptReport& report, std::string_view name) {
    const auto it =
        std::find_if(report.checks.begin(), report.checks.end(), [&](const auto& c) { return c.name == name; });
    pgolf::check(it != report.checks.end(), "no check {}", name);
    return *it;
  }

  TempDirectory directory_;
  std::filesystem::path folder_ = directory_ / "fineweb10B_sp1024", docs_ = directory_ / "docs.jsonl";
  ShardMemory memory_;
  AdoptOptions options_;
  DataManifest manifest_;  // of what `prepare` said of the same shards
};

}  // namespace pgolf
