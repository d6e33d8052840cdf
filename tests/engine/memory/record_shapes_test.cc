// Each submission at the shapes of its record, a few steps of it, through every phase on a GPU: what fits, ends, and is
// scored once. Minutes in all, label `record`; tools/gpu_check.sh --record runs it.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "engine/core/device_info.h"
#include "engine/eval/eval.h"
#include "engine/evidence/ledger_check.h"
#include "engine/memory/need.h"
#include "engine/pack/pack.h"
#include "engine/train/train.h"
#include "tests/engine/data/fixtures.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

constexpr Device kGpu{0};
constexpr int64_t kSteps = 4;
constexpr size_t kRanks = 8, kShardTokens = 1'000'000;  // a step's 786,432 lie in one shard
constexpr size_t kValTokens = 280'000;                  // more than one chunk of 32,768 tokens for each rank
constexpr size_t kPhasedTokens = 60'000;                // adapters of each document take longer

// By steps, so that every machine makes as many; recurrence and late switches come on within them.
Config record_config(const std::string& pr) {
  Config c = submission_config(pr);
  c.train.iterations = kSteps;
  c.train.max_wallclock_seconds = c.train.clock_reserve_seconds = 0;
  c.train.warmup_steps = 1;
  c.train.log_every = 1;
  c.schedule.warmdown_iters = kSteps - 1;
  c.schedule.loop_at_fraction = 0.5;
  return c;
}

// Documents of 100 to 6,000 tokens, longer than any context, each token mostly following from the one before.
std::vector<uint16_t> text(const Config& config, size_t count, uint64_t seed) {
  std::mt19937_64 generator(seed);
  const auto vocab = static_cast<uint64_t>(config.model.vocab_size), first = vocab / 2;  // pieces that have bytes
  std::vector<uint16_t> out;
  uint64_t now = 0;
  for (uint64_t left = 0; out.size() < count; --left) {
    if (left == 0) {
      out.push_back(static_cast<uint16_t>(config.data.bos_id));
      left = 100 + generator() % 5'900;
    }
    now = generator() % 8 == 0 ? generator() : now * 5 + 3;
    now %= vocab - first;
    out.push_back(static_cast<uint16_t>(first + now));
  }
  return out;
}

class RecordRun {
 public:
  explicit RecordRun(const Config& config) {
    const auto data = dir_ / "data";
    for (const char* folder : {"data/train", "data/val", "run"}) std::filesystem::create_directories(dir_ / folder);
    for (size_t rank = 0; rank < kRanks; ++rank)
      write_shard(data / fmt::format("train/fineweb_train_{:06}.bin", rank), text(config, kShardTokens, 1 + rank));
    const auto val = text(config, config.ttt.kind == TttKind::phased_lora ? kPhasedTokens : kValTokens, 99);
    write_shard(data / "val/fineweb_val_000000.bin", val);
    std::vector<uint16_t> bytes;
    for (const uint16_t token : val) bytes.push_back(token == config.data.bos_id ? 0 : 3);
    if (config.data.byte_count == ByteCount::sidecar) write_shard(data / "val/fineweb_val_bytes_000000.bin", bytes);
    std::filesystem::copy_file(tokenizer_path(config.data.caseops ? kCaseOpsModel : kPlainModel),
                               data / "tokenizer.model");
    options_.pinned.submission = "record";
    options_.pinned.config = config;
    options_.pinned.seed = 1337;
    options_.run_dir = dir_ / "run";
    options_.data_dir = data;
    options_.checkpoint = dir_ / "run" / kCheckpointFile;
    options_.artifact = dir_ / "run" / kArtifactFile;
    options_.device = kGpu;
  }

  const PhaseOptions& options() const { return options_; }
  template <class E>
  std::vector<E> events(const char* phase) const {
    std::vector<E> out;
    for (const EventRecord& record : read_events(options_.run_dir / events_file(phase)).events)
      if (const auto* event = std::get_if<E>(&record.event)) out.push_back(*event);
    return out;
  }
  LedgerCheck ledger() const { return check_ledger(options_.run_dir / kLedgerFile).check; }

 private:
  TempDirectory dir_;
  PhaseOptions options_;
};

void expect_trained(const RecordRun& run, const Config& config) {
  const auto steps = run.events<StepEvent>("train");
  ASSERT_EQ(steps.size(), static_cast<size_t>(kSteps));
  for (const StepEvent& step : steps) {
    EXPECT_TRUE(std::isfinite(step.train_loss)) << step.step;
    EXPECT_EQ(step.tokens, config.train.batch_tokens);
  }
  const double uniform = std::log(static_cast<double>(config.model.vocab_size));
  EXPECT_NEAR(steps.front().train_loss, uniform, 0.02 * uniform);
}

void expect_scored(const RecordRun& run, const Config& config) {
  const auto passes = run.events<ValidationEvent>("eval");
  ASSERT_FALSE(passes.empty());
  for (const ValidationEvent& pass : passes) {
    EXPECT_TRUE(std::isfinite(pass.val_loss) && pass.val_loss > 0) << pass.name;
    EXPECT_GT(pass.bytes, pass.targets) << pass.name;
  }
  EXPECT_TRUE(passes.back().headline);
  for (const CausalityEvent& probe : run.events<CausalityEvent>("eval")) EXPECT_EQ(probe.changed, 0) << probe.target;
  const LedgerCheck ledger = run.ledger();
  EXPECT_EQ(ledger.scored + ledger.repeated, passes.back().targets);  // PR 754 and 849 repeat the last 64 targets
  EXPECT_EQ(ledger.missing, 0);
  EXPECT_EQ(ledger.unscored > 0, config.ttt.kind == TttKind::before_scoring);
  EXPECT_EQ(ledger.updates > 0, config.ttt.enabled);
}

class RecordShapes : public testing::TestWithParam<const char*> {};

TEST_P(RecordShapes, GpuTrainsPacksAndScores) {
  if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  const Config config = record_config(GetParam());
  const RecordRun run(config);
  run_train(run.options());
  expect_trained(run, config);
  run_pack(run.options());
  const auto artifacts = run.events<ArtifactEvent>("pack");
  ASSERT_EQ(artifacts.size(), 1U);
  EXPECT_LE(artifacts.front().model_bytes, 16'000'000);
  run_eval(run.options());
  expect_scored(run, config);
}

// An H100 has 80 GB: what is foretold fits it, and a run takes no more than was foretold.
TEST_P(RecordShapes, GpuTakesNoMoreMemoryThanForetold) {
  if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  const Config config = submission_config(GetParam());
  const Place place{kGpu, DType::bf16};
  const MemoryNeed need = memory_need(config, place), taken = measured_memory(config, place);
  for (const auto& [phase, foretold, measured] : {std::tuple{"train", need.train, taken.train},
                                                  {"pack", need.pack, taken.pack},
                                                  {"eval", need.eval, taken.eval}}) {
    EXPECT_LE(sum_of(measured), sum_of(foretold) * 101 / 100) << phase;
    EXPECT_LE(sum_of(foretold), 76ULL << 30) << phase;
  }
}

INSTANTIATE_TEST_SUITE_P(Pr, RecordShapes, testing::ValuesIn(kGoldenPrs),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace pgolf
