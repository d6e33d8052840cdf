// How far a sweep is, as the record tells: a task is done by a finished run of its pinned configuration.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "db/store.h"
#include "harness/sweep/plan.h"

namespace pgolf {

enum class TaskState {
  planned,  // nothing was run yet, or what was run was cut short and is to be run again
  running,  // some pgolf works on it
  failed,   // its run ended by a fault of the submission's; run again only if asked for
  done
};

struct TaskStatus {
  TaskState state = TaskState::planned;
  std::string run;  // of the record; "" if there is none
  std::string why;  // it failed or was cut short
};

// By task. A sweep that nobody began on has no record: `store` is null.
std::vector<TaskStatus> task_states(const SweepPlan& plan, const Store* store);

struct SweepCounts {
  size_t planned = 0, running = 0, failed = 0, done = 0;
};
SweepCounts count(const std::vector<TaskStatus>& states);
std::string counts_text(const SweepCounts& counts);  // "3 of 18 done, 2 running, 1 failed, 12 to run"

// A line per variant with its seeds, as text and as `pgolf.sweep-status/1`.
std::string status_text(const SweepPlan& plan, const std::vector<TaskStatus>& states);
Json status_json(const SweepPlan& plan, const std::vector<TaskStatus>& states);

}  // namespace pgolf
