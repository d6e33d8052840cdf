// The training clock: the machine's, or one that a recorded run has read.
#pragma once

#include <chrono>
#include <vector>

#include "engine/config/config.h"
#include "engine/evidence/schedule.h"
#include "engine/optim/schedule.h"

namespace pgolf {

class TrainingClock {
 public:
  TrainingClock() = default;
  // Reads what `recorded` says. Errors: submission if `config` would not have made these steps from these times: steps
  // are missing at the end, or the schedule was recorded by a build that decides otherwise.
  TrainingClock(const Config& config, const Schedule& recorded);

  void start() { start_ = std::chrono::steady_clock::now(); }
  double measured_ms() const;             // since start(), by the machine's clock
  double after_step(int64_t step) const;  // the reading that decides what follows `step` (1-based) done steps, ms

 private:
  std::vector<double> recorded_ms_;  // empty: the machine's clock
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Names of what a plan switches on, as in the event of its step.
std::vector<std::string> switches_of(const StepPlan& plan);

}  // namespace pgolf
