// The real engine at a tiny size, killed while it packs and while it adapts to the validation text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "engine/data/prepare.h"
#include "engine/evidence/ledger_check.h"
#include "harness/run/disk_need.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

class ResumeEngineTest : public HarnessFixture {
 protected:
  // Runs the engine; in the phase that the first word of PGOLF_ENGINE_TEST names it is killed once its log has the
  // words after it, or when it is done.
  std::filesystem::path mortal_engine() const {
    const auto file = directory_.file("mortal-engine", R"sh(#!/bin/sh
real=)sh" PGOLF_BINARY_DIR R"sh(/pgolf-engine
[ "$1" = "${PGOLF_ENGINE_TEST%% *}" ] || exec "$real" "$@"
"$real" "$@" & child=$!
while kill -0 $child 2>/dev/null && ! grep -q "${PGOLF_ENGINE_TEST#* }" "$5/$1.events.jsonl" 2>/dev/null; do
  sleep 0.01
done
kill -9 $child
wait $child
kill -9 $$
)sh");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file;
  }
  CommandResult pgolf(std::vector<std::string> arguments, std::vector<std::string> environment = {}) const {
    arguments.insert(arguments.begin(), {pgolf_program().string(), "--quiet"});
    arguments.insert(arguments.end(), {"--engine", mortal_engine().string(), "--sandbox", "off", "--json"});
    environment.push_back("PGOLF_HOME=" + workspace().home.string());
    return run_command(arguments, environment);
  }
  // 50 validation documents of some 70 tokens.
  DataManifest text() const {
    PrepareOptions options;
    options.docs = directory_.file("bridges.jsonl", bridge_documents(100, 20, 7));
    options.out = directory_.path() / "bridges";
    options.tokenizer = source_dir() / "tests/data/tokenizers/fineweb_1024_bpe.model";
    options.val_docs = 50;
    return prepare_data(options).manifest;
  }
  CommandResult tiny(const DataManifest& data, std::vector<std::string> environment = {}) const {
    std::vector<std::string> argv = {"reproduce", "849", "--profile", "demo", "--data", data.directory.string(),
                                     "--steps",   "1",   "--threads", "1"};
    for (const char* set :
         {"train.world_size=1", "train.batch_tokens=512", "train.seq_len=64", "train.warmup_steps=0", "eval.seq_len=64",
          "eval.stride=64", "ttt.chunk_tokens=128", "ttt.mixer_min_tokens=100", "quant.calibration_batches=1"})
      argv.insert(argv.end(), {"--set", set});
    return pgolf(argv, std::move(environment));
  }
  Json last() const {
    return Json::parse(
        run_command({pgolf_program().string(), "show", "last", "--json"}, {"PGOLF_HOME=" + workspace().home.string()})
            .out);
  }
  static Json done(const CommandResult& result) {
    EXPECT_THAT(result.exit_code, AnyOf(0, 1, 3)) << result.err;
    const Json run = Json::parse(result.out);
    EXPECT_EQ(run.at("state"), "done");
    return run;
  }
};

// 849 adapts to the validation text by chunks, after a sliding pass of its own.
TEST_F(ResumeEngineTest, KilledWhilePackingAndWhileAdapting) {
  const DataManifest data = text();
  const Json undisturbed = done(tiny(data));
  EXPECT_EQ(tiny(data, {"PGOLF_ENGINE_TEST=pack artifact"}).exit_code, 6);
  const Json shown = last();
  const std::string id = shown.at("run_id");
  ASSERT_EQ(shown.at("resume").at("command"), "pgolf pack " + id);
  const CommandResult adapting = pgolf({"pack", id}, {"PGOLF_ENGINE_TEST=eval \"name\":\"ttt\""});
  EXPECT_EQ(adapting.exit_code, 6) << adapting.err;
  const Json broken = Json::parse(adapting.out);
  EXPECT_EQ(broken.at("artifact"), undisturbed.at("artifact"));  // packed again to the same bytes
  EXPECT_EQ(broken.at("val_bpb_sliding"), undisturbed.at("val_bpb_sliding"));
  EXPECT_TRUE(broken.at("val_bpb").is_null());
  EXPECT_THAT(std::string(broken.at("failure").at("message")), HasSubstr("sliding ended with val_bpb "));
  EXPECT_GT(check_ledger(workspace().run(id).ledger()).check.pass_targets.at("sliding"), 0);
  const Json whole = done(pgolf({"eval", id}));
  for (const char* same : {"val_bpb", "val_loss", "val_bpb_sliding", "val_bpb_ttt", "artifact"})
    EXPECT_EQ(whole.at(same), undisturbed.at(same)) << same;
  // The estimate that preflight goes by is no less than the ledger, and not much more.
  const Pinned pinned = read_pinned(workspace().run(id).pinned());
  const auto bytes = static_cast<int64_t>(std::filesystem::file_size(workspace().run(id).ledger()));
  const int64_t estimate = ledger_bytes(pinned.config, {data.val.tokens - 1, data.val.documents});
  EXPECT_LE(bytes, estimate);
  EXPECT_GE(2 * bytes, estimate);
}

}  // namespace
}  // namespace pgolf
