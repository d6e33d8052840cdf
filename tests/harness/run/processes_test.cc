// A submission whose ranks are shared by several processes of the real engine: the same run to the last bit, and an end
// within seconds if one of them dies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "engine/data/prepare.h"
#include "engine/evidence/events.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

class ProcessesTest : public HarnessFixture {
 protected:
  // 60 documents of some 90 tokens, 12 of them for validation, in shards for eight ranks.
  std::string text(bool caseops) const {
    const auto out = directory_.path() / (caseops ? "capitals" : "bridges");
    if (std::filesystem::exists(out)) return out.string();
    PrepareOptions options;
    options.docs = directory_.file("bridges.jsonl", bridge_documents(60, 30, 11));
    options.out = out;
    options.tokenizer =
        source_dir() / "tests/data/tokenizers" /
        (caseops ? "fineweb_8192_bpe_lossless_caps_caseops_v1_reserved.model" : "fineweb_1024_bpe.model");
    options.val_docs = 12;
    options.caseops = caseops;
    options.shard_tokens = 700;
    return prepare_data(options).manifest.directory.string();
  }

  CommandResult reproduce(const std::string& pr, int world, int processes, const std::string& home,
                          const std::string& engine = PGOLF_BINARY_DIR "/pgolf-engine") const {
    const bool capitals = pr == "2143" || pr == "2097";
    std::vector<std::string> argv = {pgolf_program().string(),
                                     "--quiet",
                                     "reproduce",
                                     pr,
                                     "--profile",
                                     "demo",
                                     "--data",
                                     text(capitals),
                                     "--steps",
                                     "3",
                                     "--threads",
                                     "1",
                                     "--json",
                                     "--no-diagnose",
                                     "--device",
                                     "cpu",
                                     "--engine",
                                     engine,
                                     "--ranks",
                                     std::to_string(processes),
                                     "--sandbox",
                                     "off"};
    for (const std::string& set :
         {std::string(capitals ? "model.vocab_size=8192" : "model.vocab_size=1024"),
          "train.world_size=" + std::to_string(world), "train.batch_tokens=" + std::to_string(world * 64),
          std::string("train.seq_len=64"), std::string("train.warmup_steps=1"), std::string("eval.seq_len=64"),
          std::string("eval.stride=32"), std::string("ttt.chunk_tokens=128"), std::string("ttt.doc_batch=2"),
          std::string("ttt.prefix_docs=6"), std::string("ttt.mixer_min_tokens=100"), std::string("train.log_every=2"),
          std::string("quant.calibration_batches=1")})
      argv.insert(argv.end(), {"--set", set});
    return run_command(argv, {"PGOLF_HOME=" + (directory_.path() / home).string()});
  }

  // What must not depend on the number of processes.
  struct Products {
    std::string checkpoint, artifact, ledger;
    double val_bpb = 0;
    bool operator==(const Products&) const = default;
  };
  Products products(const std::string& pr, int world, int processes) const {
    const std::string home = pr + "-" + std::to_string(processes);
    const CommandResult result = reproduce(pr, world, processes, home);
    const Json run = Json::parse(result.out, nullptr, false);
    if (!run.is_object() || run.value("state", "") != "done") {
      ADD_FAILURE() << pr << " in " << processes << " processes: exit " << result.exit_code << "\n" << result.err;
      return {};
    }
    const auto directory = directory_.path() / home / run.at("directory").get<std::string>();
    for (const auto& entry : std::filesystem::directory_iterator(directory))
      EXPECT_THAT(entry.path().filename().string(), testing::Not(HasSubstr("process"))) << "a part was left";
    return {sha256_file(directory / "checkpoint.safetensors"), sha256_file(directory / "artifact.bin"),
            sha256_file(directory / "ledger.jsonl"), run.at("val_bpb").get<double>()};
  }
};

TEST_F(ProcessesTest, EverySubmissionIsTheSameInTwo) {
  for (const char* pr : {"754", "849", "2143", "2097"}) {
    const Products one = products(pr, 2, 1);
    EXPECT_EQ(products(pr, 2, 2), one) << pr;
  }
}

TEST_F(ProcessesTest, EightRanksAreTheSameInOneTwoFourAndEight) {
  const Products one = products("754", 8, 1);
  for (const int processes : {2, 4, 8}) EXPECT_EQ(products("754", 8, processes), one) << processes;
}

// Where W is no power of two, one process plays the whole tree and three play its lowest branches.
TEST_F(ProcessesTest, SixRanksAreTheSameInOneAndThree) { EXPECT_EQ(products("754", 6, 3), products("754", 6, 1)); }

// Losses are read after step 2 and at the end, step 3; the weights are compared there.
TEST_F(ProcessesTest, TheLogsTellTheirNumber) {
  const CommandResult result = reproduce("754", 2, 2, "home");
  const Json run = Json::parse(result.out, nullptr, false);
  ASSERT_TRUE(run.is_object()) << result.err;
  for (const char* phase : {"train", "eval"}) {
    int64_t count = 0;
    std::vector<int64_t> compared;
    const auto log =
        directory_.path() / "home" / run.at("directory").get<std::string>() / (phase + std::string(".events.jsonl"));
    for (const EventRecord& record : read_events(log).events)
      if (const auto* event = std::get_if<ProcessesEvent>(&record.event)) {
        count = event->count;
        EXPECT_EQ(event->ranks, 2);
        EXPECT_EQ(event->link, "shared memory");
      } else if (const auto* weights = std::get_if<WeightsEvent>(&record.event)) {
        compared.push_back(weights->step);
      }
    EXPECT_EQ(count, 2) << phase;
    EXPECT_EQ(compared, phase == std::string("train") ? std::vector<int64_t>({2, 3}) : std::vector<int64_t>()) << phase;
  }
}

// The engine in whose phase `victim` the last process is killed once the log has `word`.
TEST_F(ProcessesTest, AKilledProcessEndsThePhaseAndIsNamed) {
  for (const auto& [phase, word] : {std::pair{"train", "\\\"warmup\\\""}, {"eval", "\\\"stream\\\""}}) {
    const auto engine = directory_.file(
        "mortal-engine", std::string("#!/bin/sh\nreal=" PGOLF_BINARY_DIR "/pgolf-engine\n") + "[ \"$1\" = " + phase +
                             " ] || exec \"$real\" \"$@\"\n" +
                             "\"$real\" \"$@\" & parent=$!\n"
                             "while kill -0 $parent 2>/dev/null; do\n"
                             "  if grep -q \"" +
                             word +
                             "\" \"$5/$1.events.jsonl\" 2>/dev/null; then\n"
                             "    for child in $(cat /proc/$parent/task/$parent/children); do last=$child; done\n"
                             "    kill -9 $last; break\n  fi\n  sleep 0.01\ndone\n"
                             "wait $parent\nexit $?\n");
    std::filesystem::permissions(engine, std::filesystem::perms::owner_all);
    const CommandResult result = reproduce("754", 2, 2, std::string("home-") + phase, engine.string());
    EXPECT_EQ(result.exit_code, 6) << phase << result.err;
    EXPECT_THAT(result.out + result.err, HasSubstr("process 1 of 2 was ended by signal 9 (SIGKILL)")) << phase;
  }
}

TEST_F(ProcessesTest, ANumberThatDoesNotFitIsRefusedBeforeAnyWork) {
  const CommandResult result = reproduce("334", 1, 2, "home");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("2 processes cannot share the one rank of this submission; possible are 1"));
  const CommandResult gpus =
      run_command({pgolf_program().string(), "reproduce", "754", "--gpus", "2", "--device", "cpu"},
                  {"PGOLF_HOME=" + (directory_.path() / "gpus").string()});
  EXPECT_EQ(gpus.exit_code, 2);
  EXPECT_THAT(gpus.err, HasSubstr("on the CPU processes are asked for with --ranks"));
}

}  // namespace
}  // namespace pgolf
