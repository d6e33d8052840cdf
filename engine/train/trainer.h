// The training loop of a submission: warm-up, steps by the clock, averages, export.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/model/gpt.h"
#include "engine/optim/average.h"
#include "engine/optim/optimizer.h"
#include "engine/phase/phase.h"
#include "engine/schedule/clock.h"
#include "engine/schedule/plan.h"
#include "engine/train/batches.h"
#include "engine/train/step_hash.h"
#include "engine/train/training_state.h"

namespace pgolf {

class Trainer {
 public:
  // Opens the data and draws the initial weights. Errors: those of TrainBatches, and of TrainingClock for a schedule.
  Trainer(const PhaseOptions& options, EventLog& events);
  // With batches of another source.
  Trainer(const PhaseOptions& options, EventLog& events, TrainBatches batches);

  // Steps that are undone afterwards, data order included: they warm caches and compilers, as all five scripts do. From
  // here on no step allocates memory, but the first that is hashed. None where training begins at a state.
  void warm_up();

  // Steps until train.iterations, the training clock or options.hashed ends, and how many are done then. Errors:
  // submission if a loss is not finite, and for a state that is damaged or does not fit.
  int64_t train();

  // Puts the exported weights (raw, EMA or SWA) in place and writes them.
  void export_to(const std::filesystem::path& path);

 private:
  struct Position {  // between two steps
    int64_t done = 0;
    double before_ms = 0;
    StepPlan plan{};  // of the step before
  };
  Position start();
  int64_t load_state();
  bool is_over(const Position& at) const;
  void reserve_memory();
  void step(const StepPlan& plan, int64_t slot);
  std::vector<float> collect_losses();
  void report(const std::vector<float>& losses);
  void report_leaves(int64_t step, const std::vector<Digest>& leaves);
  void check_equal_weights(int64_t step);

  const Config config_;
  const std::string config_sha256_;
  const HashedSteps hashed_;
  const std::filesystem::path states_;  // where what these leave lies
  const int64_t report_every_;          // steps
  Comm& comm_;
  const RankRange ranks_;  // that this process plays
  EventLog& events_;
  Context ctx_;
  Params params_;
  Gpt model_;
  TrainBatches batches_;
  Optimizer optimizer_;
  Averages averages_;
  TrainingState state_;
  std::optional<StepHash> hash_;
  std::optional<LeavesWriter> leaves_;  // in the first process
  std::string latest_;                  // hash of the state that was reported last
  Arena persistent_;
  Tensor losses_;                   // [ranks of this process, train.log_every] f32: of steps not reported yet
  std::vector<StepEvent> pending_;  // those steps
  TrainingClock clock_;
};

}  // namespace pgolf
