// What changes over training, as pure functions of recorded quantities: a run is replayed from its steps and times.
// Source: docs/techniques.md, schedules.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/config/config.h"

namespace pgolf {

// Everything the schedule decides for one step.
struct StepPlan {
  double fraction = 0;  // of the training time; of the iterations where there is no limit
  double lr_scale = 1;  // of every learning rate
  double muon_momentum = 0;
  bool looping = false;         // depth recurrence; stays on
  bool qat = false;             // weights are rounded; stays on
  bool crown_q = false;         // the loss has the CROWN-Q penalty; stays on
  double soft_round_alpha = 1;  // sharpness of soft rounding
  bool operator==(const StepPlan&) const = default;
};

// The training clock's limit in ms without what is reserved for packing; 0: none.
double training_limit_ms(const TrainConfig& train);
// Whether training ends before the step that would start at this time.
bool training_is_over(const Config& config, int64_t step, double elapsed_ms);

// `step` is the number of steps done, `elapsed_ms` the training clock at the top of the step, `previous` the plan of
// the step before (the default before the first). A schedule that is resampled to fewer steps asks between steps.
StepPlan plan_step(const Config& config, double step, double elapsed_ms, const StepPlan& previous = {});

// The steps before the clock starts: train.warmup_steps at full rate, and as many again with depth recurrence on where
// there is any (PR 2143, 2097).
std::vector<StepPlan> plan_warmup(const Config& config);

}  // namespace pgolf
