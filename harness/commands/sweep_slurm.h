// `pgolf sweep run --on slurm`, `collect`, `cancel`, and `pgolf reproduce --on slurm`, which is a sweep of one.
#pragma once

#include <filesystem>
#include <vector>

#include "harness/cli/cli.h"
#include "harness/cli/sweep_options.h"
#include "harness/cluster/slurm.h"

namespace pgolf {

struct SlurmRequest {
  SweepRunRequest sweep;
  SlurmOptions options;
  std::string on = "here";   // here, slurm
  bool shared_node = false;  // not alone on it, also for the profile record
  double grace_s = 60;
};

// --on, --partition, --time, ... `gpus` is the --gpus of `reproduce`: a task asks Slurm for as many.
void add_slurm_options(CLI::App* verb, SlurmRequest& request);

// Submits what is left, follows it and takes in what comes. Returns the exit code of `sweep result`.
int run_sweep_on_slurm(const Globals& globals, SlurmRequest request);
// Takes in what is there; with `wait`, until nothing is on its way.
int collect_sweep(const Globals& globals, const std::filesystem::path& directory, bool wait, double grace_s,
                  const std::string& metric);
int cancel_sweep(const Globals& globals, const std::filesystem::path& directory);

// A sweep of one in `directory`; prints the run and exits by its verdict, as `reproduce` does.
int reproduce_on_slurm(const Globals& globals, SlurmRequest request);

}  // namespace pgolf
