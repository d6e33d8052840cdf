// A task on its node: a run in a home on the node's own disk, its bundle published into the sweep's folder.
#pragma once

#include <filesystem>
#include <string>

#include "harness/sweep/plan.h"

namespace pgolf {

struct NodeTask {
  std::filesystem::path directory;  // of the sweep
  size_t task = 0;
  std::string sweep;  // identifier that the plan there must have; "" for any
};

// Whether `file` is now what `target` names; false where another attempt was first. link(2): all or nothing, and
// refused where there is something, on network file systems too. Errors: machine.
bool publish(const std::filesystem::path& file, const std::filesystem::path& target);

// Runs the task unless it is done, and publishes what came of it: a finished or failed run as the task's, one that was
// cut short, or that another attempt was faster than, beside. Returns the exit code of the run.
int run_on_node(const NodeTask& task);

}  // namespace pgolf
