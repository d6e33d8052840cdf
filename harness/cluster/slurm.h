// What is said to Slurm and what it answers, as pure functions of text (docs/slurm.md).
//
// Text formats only: JSON of Slurm's programs changes with its versions, and says COMPLETED of jobs that failed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

struct SlurmOptions {
  std::string partition, account, qos, memory;  // "" leaves it to Slurm
  int64_t minutes = 0;                          // time limit; 0: the partition's
  int gpus = 0, cpus = 0;                       // of a task; 0: none, Slurm's default
  bool exclusive = false;                       // the node is this task's alone
  int at_most = 0;                              // tasks at once; 0: as many as fit
  std::vector<std::string> more;                // options of sbatch, as they are
};

// "0-3,7": indices of an array.
std::string index_text(const std::vector<size_t>& tasks);

// Tasks of one array: Slurm caps the index, so those beyond are counted from `offset`.
struct ArrayChunk {
  size_t offset = 0;
  std::vector<size_t> indices;
};
std::vector<ArrayChunk> array_chunks(const std::vector<size_t>& tasks, size_t max_array_size);

// The arguments of sbatch for one chunk of `chunks`, which share at_most; `script` is run with the offset.
std::vector<std::string> sbatch_argv(const SlurmOptions& options, const std::string& name, const ArrayChunk& chunk,
                                     size_t chunks, const std::filesystem::path& directory);

// What the node runs: pgolf itself, so that signals reach it.
std::string job_script(const std::filesystem::path& program, const std::filesystem::path& directory,
                       const std::string& sweep);

// "123" or "123;cluster". Nothing for other text.
std::optional<int64_t> job_id_from(std::string_view text);
// Of `scontrol show config`; 1001, Slurm's default, if it does not say.
size_t max_array_size_from(std::string_view text);

// One task as squeue lists it.
struct QueuedTask {
  int64_t job = 0;
  size_t index = 0;
  std::string state, exit_code, node, reason;
  int restarts = 0;
};
std::vector<std::string> squeue_argv(const std::string& name);
// Lines that are no task of an array are left out.
std::vector<QueuedTask> parse_squeue(std::string_view text);

enum class QueueState {
  waiting,  // for its turn, or for another attempt
  running,
  held,   // Slurm will not start it by itself
  ended,  // whether it left a bundle is another question
};
QueueState queue_state(const QueuedTask& task);
// Why a task waits or ended, in plain words: "waits for free nodes", "ran out of its time limit".
std::string explained(const QueuedTask& task);

// Whether sbatch failed because nobody answered; it may have gone through all the same.
bool is_busy(std::string_view error);

}  // namespace pgolf
