// One run from pinned configuration to verdicts: train, pack, evaluate, each a supervised and sandboxed process, every
// step recorded before the next begins.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "db/store.h"
#include "engine/config/pinned.h"
#include "engine/data/manifest.h"
#include "harness/process/file_lock.h"
#include "harness/process/supervise.h"
#include "harness/run/replay.h"
#include "harness/run/run_weights.h"
#include "harness/run/workspace.h"
#include "harness/sandbox/sandbox.h"
#include "resolve/submission.h"

namespace pgolf {

struct RunOptions {
  std::filesystem::path engine;  // the pgolf-engine program
  std::string device = "auto";   // auto, cpu, cuda:N
  int threads = 0;               // 0: all
  int processes = 1;             // of training and evaluation, each with a device of its own
  int64_t checkpoint_every = 0;  // training hashes its steps and keeps a state after so many; 0: neither
  bool fast = false;             // a GPU may choose algorithms by measuring them: no replay gives the same bits
  SandboxMode sandbox = SandboxMode::automatic;
  std::map<std::string, double> limits_s;            // by phase, from where it counts on; else kLimit_s (run.cc)
  std::optional<std::uintmax_t> memory_limit_bytes;  // of each phase; else default_memory_limit()
  bool diagnose = true;                              // also score before and after quantisation, unjudged
  std::vector<std::string> command;                  // what repeats the run
  std::optional<Replay> replay;                      // follow its schedule instead of the clock
  std::optional<Schedule> published;                 // follow this one, of the submission's own training

  // What is followed instead of the clock; null: nothing.
  const Schedule* schedule() const { return replay ? &replay->schedule : published ? &*published : nullptr; }
};

struct RunEnd {
  std::string run;
  std::optional<PhaseEnd> failed;  // the phase that did not end well
  std::string failed_phase;
};

class Runner {
 public:
  Runner(Store& store, Workspace workspace, RunOptions options);

  // Whether this machine has what the phases from `first` ("train", "pack", "eval") on need: programs, the device and
  // its memory, room on the disk. Errors: machine.
  void check_needs(const Pinned& pinned, const std::string& first) const;

  // From now on runs follow the clock of the submission's own training.
  void follow(Schedule published) { options_.published = std::move(published); }

  // Creates the run, its directory and pinned.json, and takes it to `judging`, or to where it ended.
  RunEnd run(const Submission& submission, const Pinned& pinned, const DataManifest& data);

  // Creates a run that has its weights already, packed for its configuration, and ends it there: `pgolf eval` goes on
  // from its artifact. Returns its identifier.
  std::string take_weights(const Submission& submission, const Pinned& pinned, const DataManifest& data,
                           const PublishedWeights& weights);

  // Takes a run that did not reach its end to `judging`, from its checkpoint (`verb` "pack") or its artifact ("eval");
  // what ended well is not done again. Errors: usage if that is not the way on (resume.h) or it is being worked on;
  // submission if checkpoint or artifact is not the one that was saved.
  RunEnd go_on(const std::string& run, const std::string& verb, const DataManifest& data);

 private:
  struct Plan;
  using Facts = std::map<std::string, std::string>;
  // Row, directory, pinned.json; `more` goes to the environment.
  void create(const Submission& submission, const Pinned& pinned, const DataManifest& data, const Facts& more);
  std::optional<PhaseEnd> run_phase(const Plan& plan);  // the end, if it did not end well
  std::optional<PhaseEnd> train(const Pinned& pinned, const DataManifest& data);
  std::optional<PhaseEnd> pack_and_evaluate(const DataManifest& data);
  std::optional<PhaseEnd> evaluate(const DataManifest& data);
  bool ended_well(const std::string& phase) const;
  Plan plan(const std::string& phase, const DataManifest& data, const std::string& split) const;
  void follow_schedule(Plan& plan) const;  // of a replay
  void take_lock();
  ArtifactRow save(const std::string& name, const std::filesystem::path& file, std::string document) const;
  void record_end(const PhaseRow& started, const PhaseEnd& end);
  RunEnd recording_failure(const std::function<std::optional<PhaseEnd>()>& body);

  Store& store_;
  Workspace workspace_;
  RunOptions options_;
  Sandbox sandbox_;
  std::string run_, failed_phase_;
  std::optional<FileLock> lock_;  // of the run, until the Runner goes: judging is still under it
  RunDirectory directory_{""};
};

}  // namespace pgolf
