// What the verbs of sweeps share.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/cli/cli.h"
#include "harness/cli/run_request.h"
#include "harness/sweep/local.h"
#include "harness/sweep/plan.h"
#include "harness/sweep/state.h"

namespace pgolf {

// How the tasks of a sweep are run.
struct SweepRunRequest {
  std::filesystem::path directory;
  RunRequest run;                    // device, threads, sandbox, ...
  std::vector<std::string> options;  // of these, what was given, but for device and threads
  int jobs = 0;                      // at once; 0: what fits
  bool again_failed = false;
  std::string metric = "val_bpb";
};

// --jobs, --again-failed, --metric and those of `reproduce` that change nothing of what is computed.
void add_sweep_run_options(CLI::App* verb, SweepRunRequest& request);
// Notes which of these the command line names; to be called once it is parsed.
void take_sweep_run_options(const CLI::App& verb, SweepRunRequest& request);

// Data as they are obtained for a run, prepared once for all variants that can share them.
DataOf data_of(const Globals& globals, const DataRequest& data);

// What the record says of each task.
std::vector<TaskStatus> states_of(const Globals& globals, const SweepPlan& plan);

// Runs what is left of a sweep on this machine, then prints what it came to. Returns the exit code.
int run_sweep_here(const Globals& globals, const SweepRunRequest& request);

// What it came to so far, printed and as a page in its directory. Exit code: 0 once every planned run has a result,
// else inconclusive.
int report_sweep(const Globals& globals, const std::filesystem::path& directory, const std::string& metric);

}  // namespace pgolf
