// Training runs of tiny models on random text, in directories of their own.
#pragma once

#include <cmath>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/codec/safetensors.h"
#include "engine/train/train.h"
#include "tests/engine/data/fixtures.h"
#include "tests/support/tiny_config.h"

namespace pgolf {

// tiny_config with a handful of steps in which every switch of the schedule is thrown.
inline Config short_training(const std::string& pr, int64_t world = 1) {
  Config c = tiny_config(pr, world);
  // At widths below 64 both factors of the bigram embedding start at zero, and stay there; at equal widths it has one.
  c.model.model_dim = 64;
  c.model.bigram_dim = 96;
  c.train.batch_tokens = 64 * world;
  c.train.iterations = 8;
  c.train.max_wallclock_seconds = 0;
  c.train.clock_reserve_seconds = 0;
  c.train.warmup_steps = 2;
  c.train.log_every = 4;
  c.schedule.warmdown_iters = 7;
  c.schedule.loop_at_fraction = 0.25;
  c.average.swa_every = 1;
  c.average.swa_below_scale = 0.6;
  if (c.qat.start == QatStart::fraction) c.qat.start_at = 0.5;
  return c;
}

// Text with something to learn: each token follows from the one before, but for one in eight.
inline std::vector<uint16_t> learnable_tokens(const Config& config, size_t count, uint32_t seed) {
  std::mt19937 generator(seed);
  const auto vocab = static_cast<uint32_t>(config.model.vocab_size);
  std::vector<uint16_t> tokens{static_cast<uint16_t>(config.data.bos_id)};
  while (tokens.size() < count) {
    const uint32_t next = generator() % 8 == 0 ? generator() % vocab : (tokens.back() * 5U + 3U) % vocab;
    tokens.push_back(static_cast<uint16_t>(tokens.size() % 50 == 0 ? static_cast<uint32_t>(config.data.bos_id) : next));
  }
  return tokens;
}

class TrainFixture {
 public:
  explicit TrainFixture(const Config& config, int64_t seed = 3)
      : TrainFixture(config, seed, {learnable_tokens(config, 4000, 11), learnable_tokens(config, 4000, 12)}) {}

  TrainFixture(const Config& config, int64_t seed, const std::vector<std::vector<uint16_t>>& shards) {
    std::filesystem::create_directories(dir_ / "data/train");
    std::filesystem::create_directories(dir_ / "run");
    for (size_t i = 0; i < shards.size(); ++i)
      write_shard(dir_ / ("data/train/fineweb_train_00000" + std::to_string(i) + ".bin"), shards[i]);
    options_.pinned.submission = "tiny";
    options_.pinned.config = config;
    options_.pinned.seed = seed;
    options_.run_dir = dir_ / "run";
    options_.data_dir = dir_ / "data";
    options_.checkpoint = dir_ / "run" / kCheckpointFile;
    options_.device = kCpu;
  }

  const PhaseOptions& options() const { return options_; }

  // Trains by the clock of another training.
  void follow(const TrainFixture& recorded) {
    const auto log = recorded.options_.run_dir / events_file("train");
    options_.schedule = {.replay_of = "recorded",
                         .config_sha256 = pinned_sha256(options_.pinned),
                         .train = train_schedule(read_events(log), log.string()),
                         .eval = {}};
  }

  // Every exported tensor, one after the other.
  std::vector<float> train() {
    run_train(options_);
    const auto file = SafetensorsFile::open(options_.checkpoint);
    std::vector<float> out;
    for (const std::string& name : file.names()) {
      const std::vector<float> values = to_floats(file.tensor(name));
      out.insert(out.end(), values.begin(), values.end());
    }
    return out;
  }

  std::vector<StepEvent> steps() const {
    std::vector<StepEvent> out;
    for (const EventRecord& record : read_events(options_.run_dir / events_file("train")).events)
      if (const auto* step = std::get_if<StepEvent>(&record.event)) out.push_back(*step);
    return out;
  }

 private:
  TempDirectory dir_;
  PhaseOptions options_;
};

}  // namespace pgolf
