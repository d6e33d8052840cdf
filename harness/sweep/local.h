// The tasks of a sweep as child processes of this pgolf, as many at once as fit.
#pragma once

#include <filesystem>

#include "harness/sweep/room.h"
#include "harness/sweep/state.h"
#include "harness/sweep/task.h"

namespace pgolf {

struct LocalRun {
  std::filesystem::path directory;  // of the sweep: logs/
  TaskSetting setting;
  Slots slots;
  bool again_failed = false;  // also what failed before
};

// Runs what is not done; what was done by others meanwhile is skipped. Interrupts end the children as one run's would.
// Errors: usage if another pgolf runs the sweep; Interrupted.
void run_here(const SweepPlan& plan, const LocalRun& run, const std::vector<TaskStatus>& states);

}  // namespace pgolf
