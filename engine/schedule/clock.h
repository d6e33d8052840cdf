// The training clock: the machine's, or one that a recorded run or an original training has read.
#pragma once

#include <chrono>
#include <vector>

#include "engine/config/config.h"
#include "engine/evidence/schedule.h"
#include "engine/schedule/plan.h"

namespace pgolf {

class TrainingClock {
 public:
  TrainingClock() = default;
  // Reads what `recorded` says. Errors: submission if `config` would not have made these steps from these times: steps
  // are missing at the end, or the schedule was made by a build that decides otherwise.
  TrainingClock(const Config& config, const Schedule& recorded);

  // Where in the schedule a training is after so many steps: there, unless the schedule is resampled to other ones.
  double position(int64_t done) const { return static_cast<double>(done) * stretch_; }

  void start() { start_ = std::chrono::steady_clock::now(); }
  double measured_ms() const;             // since start(), by the machine's clock
  double after_step(int64_t step) const;  // the reading that decides what follows `step` (1-based) done steps, ms

 private:
  std::vector<double> recorded_ms_;  // empty: the machine's clock
  double stretch_ = 1;               // steps of the published training to one of this
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Names of what a plan switches on, as in the event of its step.
std::vector<std::string> switches_of(const StepPlan& plan);

// Steps of the training that a schedule is resampled from, to one of its own; 1 where it is not.
double stretch_of(const Schedule& schedule);

// What `config` makes of a clock that reads `after_ms` after each step.
std::vector<ScheduleStep> planned_steps(const Config& config, const std::vector<double>& after_ms, double stretch = 1);

}  // namespace pgolf
