// What the verbs that run phases (demo, reproduce, pack, eval) take from the command line.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/cli.h"
#include "harness/run/data_source.h"
#include "harness/run/run.h"

namespace pgolf {

struct RunRequest {
  std::string submission, rules, reading = "strict", fail_on = "unknown", sandbox = "auto", engine;
  ResolveRequest resolve;
  DataRequest data;
  RunOptions options;
  std::vector<std::string> limits;  // "train=600"
  double memory_limit = 0;          // GiB; 0: the default
  int gpus = 0, ranks = 0;          // processes on GPUs, on any device; 0: one
  bool no_diagnose = false;
  bool demo = false;        // exits 0 once the run is judged
  std::string replay;       // a run
  bool configured = false;  // some option of the configuration was given
};

// --device, --sandbox, --limit and what else any phase is run with, and the rules it is judged by.
void add_phase_options(CLI::App* verb, RunRequest& request);

// These, and what else of a whole run does not change what is computed.
void add_run_options(CLI::App* verb, RunRequest& request);

// --checkpoint-every, of verbs that train.
void add_checkpoint_option(CLI::App* verb, RunRequest& request);

// What follows from the options: `request.options`. Errors: usage; machine if the engine is missing.
void complete_options(RunRequest& request);

// What repeats the run, spelled out: defaults of today's submission.toml are not left to tomorrow's.
std::vector<std::string> rerun_command(const RunRequest& request, const Pinned& pinned);

// Where the command line of `verb` names nothing, what the run was made with.
void take_recorded_options(const CLI::App& verb, const RunRecord& record, RunRequest& request);

}  // namespace pgolf
