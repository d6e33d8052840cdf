// `pgolf data adopt` as a user meets it, and runs on what it made: each phase sees its half of the files where they
// lie.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <random>
#include <thread>

#include "base/file.h"
#include "base/json.h"
#include "base/notice.h"
#include "base/progress.h"
#include "engine/data/adopt.h"
#include "engine/evidence/events.h"
#include "harness/judging/find_ruleset.h"
#include "harness/judging/judging.h"
#include "harness/judging/run_facts.h"
#include "harness/run/data_source.h"
#include "harness/run/data_view.h"
#include "harness/sandbox/boundary.h"
#include "resolve/resolve.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class AdoptTest : public HarnessFixture {
 protected:
  AdoptTest() {
    set_quiet(true);
    set_progress_mode(ProgressMode::off);
    fs::create_directory(folder_);
    const DataManifest prepared = data();
    for (const auto& shards : {prepared.train.shards, prepared.val.shards})
      for (const ShardEntry& shard : shards)
        fs::copy_file(prepared.directory / shard.file, folder_ / fs::path(shard.file).filename());
    std::this_thread::sleep_for(std::chrono::milliseconds(30));  // files of this moment are not remembered
  }
  CommandResult pgolf(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return run_command(arguments,
                       {"PGOLF_HOME=" + workspace().home.string(), "PGOLF_ENGINE=" + fake_engine().string()});
  }
  CommandResult adopt(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"data", "adopt", folder_.string(), "--tokenizer", tokenizer_.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return pgolf(arguments);
  }
  DataManifest adopted() {
    AdoptOptions options;
    options.folder = folder_, options.tokenizer = tokenizer_, options.home = workspace().home / "data";
    options.memory = &memory_;
    fs::create_directories(options.home);
    DataManifest out = adopt_data(options).manifest;
    memory_.save(workspace().shard_memory());
    return out;
  }
  RunEnd run(const DataManifest& data, SandboxMode sandbox) {
    Store store = Store::open(workspace().database());
    ResolveRequest request;
    request.profile = "demo", request.data = pinned_data(data);
    return Runner(store, workspace(), options(sandbox)).run(submission(), resolve(submission(), request).pinned, data);
  }
  void add_to_training(std::vector<uint16_t> tokens) const {
    const fs::path file = folder_ / "fineweb_train_000000.bin";
    const Shard train = Shard::open(file);
    tokens.insert(tokens.begin(), train.tokens().begin(), train.tokens().end());
    ShardWriter writer(file.string() + ".new");
    writer.append(tokens);
    writer.finish();
    fs::rename(file.string() + ".new", file);
  }
  Verdict overlap_verdict(const std::string& run) {
    Store store = Store::open(workspace().database());
    const Ruleset ruleset = load_ruleset(find_ruleset(source_dir() / "rules", ""));
    for (const Verdict& v : judge_run(store, workspace(), run, ruleset, ""))
      if (v.rule == "train_val_overlap") return v;
    return {};
  }
  std::vector<std::string> opened(const std::string& run, const std::string& phase) const {
    std::vector<std::string> out;
    for (const auto& record : read_events(workspace().run(run).events(phase)).events)
      if (const auto* data = std::get_if<DataEvent>(&record.event)) out.push_back(data->role + " " + data->path);
    return out;
  }

  fs::path folder_ = directory_.path() / "fineweb10B_sp1024";
  fs::path tokenizer_ = source_dir() / "tests/data/tokenizers/fineweb_1024_bpe.model";
  ShardMemory memory_;
};

TEST_F(AdoptTest, SaysWhatItFoundAndWhereTheDirectoryIs) {
  const CommandResult r = adopt({"--json"});
  EXPECT_EQ(r.exit_code, 0) << r.err;
  const Json json = Json::parse(r.out);
  EXPECT_EQ(json["format"], "pgolf.adopted/1");
  EXPECT_THAT(json["directory"].get<std::string>(),
              StartsWith((workspace().home / "data/fineweb10B_sp1024-").string()));
  EXPECT_EQ(json["train"]["documents"], 36);
  EXPECT_EQ(json["val"]["documents"], 4);
  EXPECT_EQ(json["files_hashed"], 2);
  EXPECT_TRUE(json["stream"].is_null());
  EXPECT_EQ(Json::parse(adopt({"--json"}).out)["files_hashed"], 0);
  EXPECT_EQ(Json::parse(adopt({"--json", "--rehash"}).out)["files_hashed"], 2);
  EXPECT_THAT(adopt().out,
              AllOf(HasSubstr("(there already)"), HasSubstr("unknown stream"), HasSubstr("pass    disjoint")));
}

// One document of four is a quarter of the set and may be chance: adopting and judging say the same.
TEST_F(AdoptTest, ASingleValidationDocumentInTrainingIsAWarning) {
  const Shard val = Shard::open(folder_ / "fineweb_val_000000.bin");
  const std::span<const uint16_t> tokens = val.tokens();
  add_to_training({tokens.begin(), std::find(tokens.begin() + 1, tokens.end(), tokens.front())});
  const CommandResult r = adopt();
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_THAT(r.out, HasSubstr("warn    disjoint          25.00 % of validation: 1 training documents are one of 1"));
  EXPECT_EQ(overlap_verdict(run(adopted(), SandboxMode::automatic).run).status, Status::warn);
}

TEST_F(AdoptTest, ValidationDocumentsInTrainingAreANegativeVerdict) {
  const Shard val = Shard::open(folder_ / "fineweb_val_000000.bin");
  add_to_training({val.tokens().begin(), val.tokens().end()});
  const CommandResult r = adopt();
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_THAT(r.out, HasSubstr("FAIL    disjoint          100.00 % of validation: 4 training documents are one of 4 "
                               "validation documents: 0-3"));
  EXPECT_THAT(r.err, HasSubstr("a run on it fails train_val_overlap"));
  const Verdict v = overlap_verdict(run(adopted(), SandboxMode::automatic).run);
  EXPECT_EQ(v.status, Status::fail);
  EXPECT_EQ(v.reason,
            "4 of 4 validation documents are in training: 4 training documents are one of 4 validation documents: "
            "0-3; the first: training document 36 (fineweb_train_000000.bin, token 1184) is validation document 0");
}

TEST_F(AdoptTest, VerifySaysWhatMendsTheData) {
  const DataManifest good = adopted();
  EXPECT_EQ(pgolf({"data", "verify", good.directory.string()}).exit_code, 0);
  const auto text = read_text(good.directory / kManifestName);
  Json manifest = Json::parse(text);
  manifest["val"]["documents"] = 5;
  write_file_atomic(good.directory / kManifestName, manifest.dump());
  EXPECT_THAT(pgolf({"data", "verify", good.directory.string()}).err, HasSubstr("adopt the folder of shards again"));
  const DataManifest prepared = data();
  manifest = Json::parse(read_text(prepared.directory / kManifestName));
  manifest["train"]["documents"] = 35;
  write_file_atomic(prepared.directory / kManifestName, manifest.dump());
  EXPECT_THAT(pgolf({"data", "verify", prepared.directory.string()}).err,
              HasSubstr("prepare it again from its documents"));
}

// Prepared before changed documents were looked for: preparing again would leave them there.
TEST_F(AdoptTest, VerifyOfChangedDocumentsUnderAnOlderManifest) {
  std::vector<std::string> documents;
  std::mt19937_64 random(11);
  for (int i = 0; i < 20; ++i) {
    std::string text;
    for (int word = 0; word < 200; ++word) text += fmt::format("{:x} ", random() % 100'000);
    documents.push_back(text);
  }
  for (int i = 0; i < 5; ++i) documents.push_back(documents[static_cast<size_t>(i)] + "and more.");
  std::string lines;
  for (const std::string& text : documents) lines += Json{{"text", text}}.dump() + "\n";
  const fs::path docs = directory_.file("docs.jsonl", lines), out = directory_.path() / "near";
  ASSERT_EQ(pgolf({"data", "prepare", "--docs", docs.string(), "--tokenizer", tokenizer_.string(), "--val-docs", "10",
                   "--out", out.string()})
                .exit_code,
            0);
  Json manifest = Json::parse(read_text(out / kManifestName));
  EXPECT_EQ(manifest["train"]["in_validation"]["near_documents"], 5);
  manifest["train"]["in_validation"].erase("near_documents"), manifest["train"]["in_validation"].erase("near_which");
  write_file_atomic(out / kManifestName, manifest.dump());
  const CommandResult r = pgolf({"data", "verify", out.string()});
  EXPECT_EQ(r.exit_code, 4);
  EXPECT_THAT(r.out, HasSubstr("5 validation documents have a quarter or more of their text in training: 0-4 (the "
                               "manifest is from before changed documents were looked for)"));
  EXPECT_THAT(r.err, HasSubstr("preparing it again leaves that there: train on other documents"));
}

TEST_F(AdoptTest, ExitCodesOfFoldersThatCannotBeAdopted) {
  const auto line = [&](int code) {
    const CommandResult r = adopt();
    EXPECT_EQ(r.exit_code, code) << r.err;
    EXPECT_THAT(r.err, StartsWith("pgolf: "));
    EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 1) << r.err;
    EXPECT_EQ(r.out, "");
    return r.err;
  };
  const fs::path shard = folder_ / "fineweb_train_000000.bin";
  fs::rename(shard, folder_ / "fineweb_train_000001.bin");
  EXPECT_THAT(line(4), HasSubstr("fineweb_train_000000.bin is missing"));
  fs::remove(folder_ / "fineweb_train_000001.bin");
  EXPECT_THAT(line(7), HasSubstr("no fineweb_train_*.bin there"));
  ASSERT_EQ(::mkfifo(shard.c_str(), 0600), 0);
  EXPECT_THAT(line(4), HasSubstr("not a regular file"));
  folder_ = directory_.path() / "nowhere";
  EXPECT_THAT(line(7), HasSubstr("no such folder"));
  folder_ = directory_.path() / "docs.jsonl";
  EXPECT_THAT(line(2), HasSubstr("a folder was expected"));
}

TEST_F(AdoptTest, TheFolderItselfIsNoDataDirectory) {
  const CommandResult r = pgolf({"reproduce", "334", "--profile", "demo", "--data", folder_.string()});
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_THAT(r.err, HasSubstr("pgolf data adopt makes a data directory of it"));
}

TEST_F(AdoptTest, APhaseIsShownItsHalfOfTheFilesWhereTheyLie) {
  const DataManifest data = adopted();
  const fs::path place = directory_.path() / "place";
  const DataView view = view_of(data, "train", place, true, workspace().shard_memory());
  EXPECT_EQ(view.remembered, 1);
  EXPECT_THAT(view.readable,
              testing::UnorderedElementsAre(data.directory / "manifest.json", data.directory / "tokenizer.model",
                                            data.directory / "train", folder_ / "fineweb_train_000000.bin",
                                            place / "hashes.json"));
  EXPECT_THAT(view.hidden, testing::ElementsAre(data.directory, folder_));
  const Boundary boundary({.readable = view.readable, .writable = directory_.path() / "w", .hidden = view.hidden});
  EXPECT_FALSE(boundary.attempt("open", folder_ / "fineweb_train_000000.bin", false));
  EXPECT_EQ(boundary.attempt("open", folder_ / "fineweb_val_000000.bin", false)->kind, "val");
  EXPECT_EQ(boundary.attempt("open", data.directory / "val/fineweb_val_000000.bin", false)->kind, "val");
  const ShardMemory given = ShardMemory::load(view.hashes);
  EXPECT_NE(given.find(stamp_of(folder_ / "fineweb_train_000000.bin")), nullptr);
  EXPECT_EQ(given.find(stamp_of(folder_ / "fineweb_val_000000.bin")), nullptr);
}

TEST_F(AdoptTest, LinksOfPreparedDataLeadNowhere) {
  DataManifest prepared = data();
  const fs::path shard = prepared.directory / prepared.train.shards[0].file, moved = directory_.path() / "moved.bin";
  fs::rename(shard, moved);
  fs::create_symlink(moved, shard);
  const DataView view = view_of(prepared, "train", directory_.path() / "place", true, workspace().shard_memory());
  EXPECT_THAT(view.readable, testing::Not(testing::Contains(moved)));
}

TEST_F(AdoptTest, RunsInTheSandboxAndWithoutIt) {
  const DataManifest data = adopted();
  for (const SandboxMode mode : {SandboxMode::automatic, SandboxMode::off}) {
    const RunEnd end = run(data, mode);
    EXPECT_FALSE(end.failed) << end.failed_phase << ": " << end.failed->message;
    EXPECT_THAT(opened(end.run, "train"), testing::Contains("train fineweb_train_000000.bin"));
    EXPECT_THAT(opened(end.run, "eval"), testing::Contains("val fineweb_val_000000.bin"));
    EXPECT_FALSE(fs::exists(workspace().run(end.run).root() / "train.data"));
    Store store = Store::open(workspace().database());
    const RunFacts facts = run_facts(store.load_run(end.run), workspace());
    EXPECT_EQ(facts.phases.front().remembered, 1);
    EXPECT_FALSE(facts.val_text_known);
    ASSERT_TRUE(facts.overlap);
    EXPECT_EQ(facts.overlap->of_documents, 4);
    EXPECT_TRUE(facts.val_problem.empty()) << facts.val_problem;
  }
}

// Whoever writes to a shard after it was adopted is found out: its stamp is another, so the phase hashes it.
TEST_F(AdoptTest, AShardThatWasChangedSinceIsHashedAndFailsTheRun) {
  const DataManifest data = adopted();
  auto bytes = read_bytes(folder_ / "fineweb_val_000000.bin");
  bytes[1100] ^= std::byte{1};
  write_file_atomic(folder_ / "fineweb_val_000000.bin", bytes);
  const RunEnd end = run(data, SandboxMode::automatic);
  Store store = Store::open(workspace().database());
  const Ruleset ruleset = load_ruleset(find_ruleset(source_dir() / "rules", ""));
  bool found = false;
  for (const Verdict& v : judge_run(store, workspace(), end.run, ruleset, ""))
    if (v.rule == "data_hashes") {
      found = true;
      EXPECT_EQ(v.status, Status::fail) << v.reason;
    }
  EXPECT_TRUE(found);
}

TEST_F(AdoptTest, WithoutTheTextTheBytesAreUnknownAndTheStreamIsCounted) {
  const RunEnd end = run(adopted(), SandboxMode::automatic);
  Store store = Store::open(workspace().database());
  const RunFacts facts = run_facts(store.load_run(end.run), workspace());
  EXPECT_TRUE(facts.val_bytes);
  const RunFacts with_text = run_facts(store.load_run(run(data(), SandboxMode::automatic).run), workspace());
  EXPECT_TRUE(with_text.val_text_known);
  EXPECT_EQ(with_text.val_bytes, facts.val_bytes);
}

}  // namespace
}  // namespace pgolf
