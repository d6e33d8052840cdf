// Training on the GPU: it follows the CPU definition, repeats itself bit for bit, and allocates nothing once it is
// warm.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <random>

#include "engine/core/device_info.h"
#include "engine/core/memory.h"
#include "engine/train/trainer.h"
#include "tests/engine/data/fixtures.h"
#include "tests/support/golden_config.h"
#include "tests/support/tiny_config.h"

namespace pgolf {
namespace {

constexpr Device kGpu{0};
// Of a step's loss, relative, over the first steps of a run. Weights that are rounded to codes amplify what differs.
constexpr double kFloat32 = 1e-3, kBfloat16 = 2e-2, kFloat32WithQat = 1e-2;

// A submission at width 128: heads of 64, so that attention takes the matrix units, and every switch thrown on the way.
// "849qat": with the rounding that was folded out of it.
Config small_config(const std::string& name) {
  const std::string pr = name.substr(0, name.find("qat"));
  Config c = submission_config(pr);
  if (pr != name) c = with_late_qat(c);
  ModelConfig& m = c.model;
  m.vocab_size = 64;
  m.num_layers = 4;
  m.model_dim = 128;
  m.num_heads = 2;
  m.num_kv_heads = pr == "849" ? 2 : 1;
  m.mlp_hidden = 256;
  m.xsa_last_n = std::min<int64_t>(m.xsa_last_n, m.num_layers);
  if (m.bigram_vocab_size > 0) m.bigram_vocab_size = 32;
  m.bigram_dim = m.value_embed_dim = 16;
  if (!m.value_embed_layers.empty()) m.value_embed_layers = {2, 3};
  if (m.num_loops > 0) m.loop_start = 1, m.loop_end = 2;
  m.parallel_start_layer = std::min<int64_t>(m.parallel_start_layer, 3);
  c.train.seq_len = 128;
  c.train.world_size = 2;
  c.train.grad_accum_steps = 1;
  c.train.batch_tokens = 2048;
  c.train.iterations = 24;
  c.train.max_wallclock_seconds = 0;
  c.train.warmup_steps = 1;
  c.train.log_every = 6;
  c.schedule.warmdown_iters = 16;
  c.schedule.loop_at_fraction = 0.25;
  if (c.qat.start == QatStart::fraction) c.qat.start_at = 0.5;
  return c;
}

// A Markov chain over the vocabulary, so that there is something to learn; token 1 starts documents.
void write_text(const std::filesystem::path& data, int64_t vocab) {
  std::filesystem::create_directories(data / "train");
  std::mt19937_64 generator(17);
  for (const char* shard : {"fineweb_train_000000.bin", "fineweb_train_000001.bin"}) {
    std::vector<int32_t> tokens;
    for (int64_t now = 1; tokens.size() < 40'000;) {
      tokens.push_back(static_cast<int32_t>(now));
      const auto draw = static_cast<int64_t>(generator() % 8);
      now = draw == 0 ? 1 : 2 + (now * 7 + draw * draw) % (vocab - 2);
    }
    write_shard(data / "train" / shard, tokens);
  }
}

// One training run in a directory of its own.
class TrainingRun {
 public:
  TrainingRun(const Config& config, Device device, bool float32 = false) {
    options_.pinned.submission = "small";
    options_.pinned.config = config;
    options_.pinned.seed = 5;
    options_.run_dir = dir_ / "run";
    options_.data_dir = dir_ / "data";
    options_.device = device;
    options_.float32 = float32;
    std::filesystem::create_directories(options_.run_dir);
    write_text(options_.data_dir, config.model.vocab_size);
    EventLog events = open_events(options_, "train");
    Trainer trainer(options_, events);
    trainer.warm_up();
    const int64_t before = num_allocations();
    trainer.train();
    allocations_ = num_allocations() - before;
    trainer.export_to(checkpoint());
  }

  int64_t allocations_while_training() const { return allocations_; }

  std::vector<StepEvent> steps() const {
    std::vector<StepEvent> out;
    for (const EventRecord& record : read_events(options_.run_dir / events_file("train")).events)
      if (const auto* step = std::get_if<StepEvent>(&record.event)) out.push_back(*step);
    return out;
  }

  std::string checkpoint_bytes() const {
    std::ifstream file(checkpoint(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path checkpoint() const { return options_.run_dir / kCheckpointFile; }

  TempDirectory dir_;
  PhaseOptions options_;
  int64_t allocations_ = 0;
};

void expect_follows(const std::vector<StepEvent>& actual, const std::vector<StepEvent>& expected, double tolerance,
                    double tolerance_with_qat) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const bool qat = std::ranges::count(expected[i].switches, "qat") > 0;
    const double loss = expected[i].train_loss;
    EXPECT_NEAR(actual[i].train_loss, loss, (qat ? tolerance_with_qat : tolerance) * loss) << "step " << i + 1;
  }
  EXPECT_LT(actual.back().train_loss, 0.9 * actual.front().train_loss) << "nothing was learned";
}

class TrainerGpu : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  }
};

TEST_P(TrainerGpu, FollowsTheCpu) {
  const Config config = small_config(GetParam());
  const std::vector<StepEvent> expected = TrainingRun(config, kCpu).steps();
  {
    SCOPED_TRACE("float32");
    expect_follows(TrainingRun(config, kGpu, true).steps(), expected, kFloat32, kFloat32WithQat);
  }
  SCOPED_TRACE("bfloat16");
  expect_follows(TrainingRun(config, kGpu).steps(), expected, kBfloat16, kBfloat16);
}

TEST_P(TrainerGpu, SameCheckpointTwiceAndNoAllocationOnceWarm) {
  const Config config = small_config(GetParam());
  const TrainingRun first(config, kGpu), second(config, kGpu);
  EXPECT_EQ(first.allocations_while_training(), 0);
  EXPECT_EQ(first.checkpoint_bytes(), second.checkpoint_bytes());
}

INSTANTIATE_TEST_SUITE_P(All, TrainerGpu, testing::Values("334", "754", "754qat", "849", "849qat", "2143", "2097"),
                         [](const auto& info) { return "Pr" + std::string(info.param); });

}  // namespace
}  // namespace pgolf
