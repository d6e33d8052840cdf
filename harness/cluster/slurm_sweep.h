// A sweep on Slurm: one array job, a home on the node for each run, bundles published into the sweep's folder.
//
//   DIR/slurm.json                 what was submitted: format `pgolf.slurm/1` (docs/slurm.md)
//   DIR/job.sh, logs/              what nodes run, and what they said
//   DIR/done/TASK.pgolf.tar.zst    the task's run: the first attempt to link(2) it here
//   DIR/extra/                     other attempts, and runs that were cut short
//
// The bundle is the truth about a task; what Slurm says only explains why there is none.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/cluster/slurm.h"
#include "harness/sweep/plan.h"
#include "harness/sweep/task.h"

namespace pgolf {

inline constexpr char kSlurmFormat[] = "pgolf.slurm/1";
inline constexpr double kSlurmTimeout_s = 30;  // of one call of a program of Slurm's

struct SubmittedJob {
  int64_t job = 0;
  size_t offset = 0;
  std::string at;
};

struct SlurmSweep {
  std::string sweep;    // identifier of the plan
  TaskSetting setting;  // home: unused, the node has one of its own
  std::vector<SubmittedJob> jobs;

  std::string job_name() const { return "pgolf-" + sweep; }
};

void write_slurm(const std::filesystem::path& directory, const SlurmSweep& slurm);
// Nothing if the sweep was never submitted. Errors: usage for a newer format; submission if it is damaged.
std::optional<SlurmSweep> read_slurm(const std::filesystem::path& directory);

std::filesystem::path bundle_of(const std::filesystem::path& directory, size_t task);

// Submits `tasks` but those that Slurm has already, in as many arrays as it takes. A controller that does not answer is
// asked first whether it took the job all the same. Errors: machine, naming the tasks that were not submitted.
void submit(const std::filesystem::path& directory, SlurmSweep& slurm, std::vector<size_t> tasks,
            const SlurmOptions& options);

// What Slurm says of each task, by its number in the plan; nothing if it did not answer. One call.
std::optional<std::map<size_t, QueuedTask>> queue_of(const SlurmSweep& slurm);

// What a task's node said last, of its newest log; "" if it said nothing.
std::string last_words(const std::filesystem::path& directory, size_t task);

// Errors: machine if Slurm does not answer.
void cancel(const SlurmSweep& slurm);

// Follows `tasks` until each has a bundle or ended without one; `arrived` is called for each bundle once, as it comes.
// Returns why, of those that ended without. Errors: Interrupted, and the jobs go on.
struct Follow {
  std::filesystem::path directory;
  std::vector<size_t> tasks;
  double grace_s = 60;  // between a task's end and the word that it left nothing: file systems show files late
  std::function<void(size_t task)> arrived;
};
std::map<size_t, std::string> follow(const SlurmSweep& slurm, const Follow& what);

}  // namespace pgolf
