// The training loop of a submission: warm-up, steps by the clock, averages, export.
#pragma once

#include <vector>

#include "engine/model/gpt.h"
#include "engine/optim/average.h"
#include "engine/optim/optimizer.h"
#include "engine/phase/phase.h"
#include "engine/schedule/clock.h"
#include "engine/schedule/plan.h"
#include "engine/train/batches.h"

namespace pgolf {

class Trainer {
 public:
  // Opens the data and draws the initial weights. Errors: those of TrainBatches, and of TrainingClock for a schedule.
  Trainer(const PhaseOptions& options, EventLog& events);
  // With batches of another source.
  Trainer(const PhaseOptions& options, EventLog& events, TrainBatches batches);

  // Steps that are undone afterwards, data order included: they warm caches and compilers, as all five scripts do. From
  // here on no step allocates memory.
  void warm_up();

  // Steps until train.iterations or the training clock ends, and how many. Errors: submission if a loss is not finite.
  int64_t train();

  // Puts the exported weights (raw, EMA or SWA) in place and writes them.
  void export_to(const std::filesystem::path& path);

 private:
  void reserve_memory();
  void step(const StepPlan& plan, int64_t slot);
  std::vector<float> collect_losses();
  void report(const std::vector<float>& losses);
  void check_equal_weights(int64_t step);

  const Config config_;
  Comm& comm_;
  const RankRange ranks_;  // that this process plays
  EventLog& events_;
  Context ctx_;
  Params params_;
  Gpt model_;
  TrainBatches batches_;
  Optimizer optimizer_;
  Averages averages_;
  Arena persistent_;
  Tensor losses_;                   // [ranks of this process, train.log_every] f32: of steps not reported yet
  std::vector<StepEvent> pending_;  // those steps
  TrainingClock clock_;
};

}  // namespace pgolf
