// Tiny runs of the real engine, and forged bundles of them, for the tests of audits.
#pragma once

#include <gmock/gmock.h>

#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "engine/data/prepare.h"
#include "harness/audit/audit.h"
#include "harness/bundle/bundle.h"
#include "tests/harness/fixture.h"

namespace pgolf {

namespace fs = std::filesystem;

class AuditTest : public HarnessFixture {
 protected:
  CommandResult pgolf(std::vector<std::string> arguments, const std::string& home = "home") const {
    arguments.insert(arguments.begin(), {pgolf_program().string(), "--quiet", "--json"});
    return run_command(arguments, {"PGOLF_HOME=" + (directory_.path() / home).string(),
                                   "PGOLF_ENGINE=" + (fs::path(PGOLF_BINARY_DIR) / "pgolf-engine").string()});
  }
  static Json json(const CommandResult& result, int exit_code) {
    EXPECT_EQ(result.exit_code, exit_code) << result.out << result.err;
    return Json::parse(result.out);
  }
  // 849 adapts by chunks, after a sliding pass.
  Json tiny_run(const std::string& data, const std::string& steps = "1", std::vector<std::string> more = {}) const {
    std::vector<std::string> argv = {"reproduce", "849", "--profile",     "demo",      "--data", data,
                                     "--steps",   steps, "--no-diagnose", "--threads", "1"};
    for (const char* set :
         {"train.world_size=2", "train.batch_tokens=512", "train.seq_len=64", "train.warmup_steps=0", "eval.seq_len=64",
          "eval.stride=64", "ttt.chunk_tokens=128", "ttt.mixer_min_tokens=100", "quant.calibration_batches=1"})
      argv.insert(argv.end(), {"--set", set});
    argv.insert(argv.end(), more.begin(), more.end());
    const CommandResult result = pgolf(argv);
    EXPECT_THAT(result.exit_code, testing::AnyOf(0, 1, 3)) << result.err;
    return Json::parse(result.out);
  }
  // 50 validation documents of some 70 tokens, two training shards.
  std::string text() const {
    PrepareOptions options;
    options.docs = directory_.file("bridges.jsonl", bridge_documents(100, 20, 7));
    options.out = directory_.path() / "bridges";
    options.tokenizer = source_dir() / "tests/data/tokenizers/fineweb_1024_bpe.model";
    options.val_docs = 50, options.shard_tokens = 2000;
    return prepare_data(options).manifest.directory.string();
  }
  // The run as a bundle in which `change` changed the log of `phase`, and the record with it.
  std::string forged(const std::string& run, const std::function<void(BundleContents&)>& change,
                     const std::string& phase = "eval") const {
    const std::string log = "run/" + phase + ".events.jsonl";
    const fs::path file = directory_.path() / "honest.tar.zst";
    EXPECT_EQ(pgolf({"bundle", "export", run, "-o", file.string()}).exit_code, 0);
    BundleContents contents = read_bundle(read_text(file), "honest");
    const std::string sealed = sha256_hex(contents.files.at(log));
    change(contents);
    contents.files.erase("statement.json");  // which a forger leaves out, or makes anew
    std::string& rows = contents.files.at("run.json");
    rows.replace(rows.find(sealed), sealed.size(), sha256_hex(contents.files.at(log)));
    return directory_.file("forged.tar.zst", write_bundle(contents)).string();
  }
};

inline std::string number_text(const Json& value) { return value.dump(); }

inline void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

}  // namespace pgolf
