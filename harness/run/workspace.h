// Where things lie: HOME/runs.db, HOME/data/<name>/, and one directory per run, HOME/<run>/.
//
//   pinned.json                       what the run computes
//   train.events.jsonl, ...           one event log per phase; ledger.jsonl of the evaluation
//   schedule.json                     of a replay: the recorded clock that it follows
//   checkpoint.safetensors, artifact.bin
//   states/                           of a training whose steps are hashed: their leaves, and states to go on from
//   train.stdout, train.stderr, ...   what the engine printed
//   lock                              held by the pgolf that supervises the run
//   train/, pack/, eval/, diagnose/   the only place a phase can write; emptied into the run's directory when it ends
//   attempts/                         what earlier attempts at a phase left, in <phase>-<attempt>/
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

class RunDirectory {
 public:
  explicit RunDirectory(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path pinned() const { return root_ / "pinned.json"; }
  std::filesystem::path lock() const { return root_ / "lock"; }
  std::filesystem::path schedule() const { return root_ / "schedule.json"; }
  std::filesystem::path checkpoint() const { return root_ / "checkpoint.safetensors"; }
  std::filesystem::path ledger() const { return root_ / "ledger.jsonl"; }
  std::filesystem::path artifact() const { return root_ / "artifact.bin"; }
  std::filesystem::path states() const { return root_ / kStates; }
  std::filesystem::path leaves() const { return states() / "leaves.bin"; }
  std::filesystem::path state(int64_t step) const;
  std::vector<int64_t> saved_steps() const;  // whose states are there, ascending
  // Of one of the four phases. Errors: database for any other name.
  std::filesystem::path events(const std::string& phase) const { return below(phase, ".events.jsonl"); }
  // Where the files of an attempt lie once a later attempt has begun.
  std::filesystem::path attempt(const std::string& phase, int64_t number) const;
  std::filesystem::path output(const std::string& phase, const std::string& stream) const {
    return below(phase, "." + stream);
  }
  std::filesystem::path scratch(const std::string& phase) const { return below(phase, ""); }

  // Whether it is a directory of the workspace itself: through a link, what is removed would be somebody else's.
  bool is_own() const;

  // Files that a phase hands over. Training may leave states, too.
  static std::vector<std::string> products(const std::string& phase);

  // Makes the directory of attempt `number` at a phase, empty; products of the attempt before move to attempt().
  void begin_phase(const std::string& phase, int64_t number) const;

  // Moves the phase's products, if they are regular files of its own, into the run's directory, synced and read-only,
  // and removes the rest; of the artifact the bytes alone. Returns the names of what else the phase had left there.
  std::vector<std::string> end_phase(const std::string& phase) const;

  // Puts a file of its bytes alone in place of the artifact, as end_phase did: what was laid beside them since is gone.
  void renew_artifact() const;

  // The first of the phase's products that is not there; "" if all are.
  std::string missing_product(const std::string& phase) const;

 private:
  static constexpr char kStates[] = "states";
  void take_states(const std::filesystem::path& from) const;
  std::filesystem::path below(const std::string& phase, const std::string& rest) const;
  std::filesystem::path root_;
};

struct Workspace {
  std::filesystem::path home;
  std::filesystem::path database() const { return home / "runs.db"; }
  std::filesystem::path data(const std::string& name) const { return home / "data" / name; }
  std::filesystem::path shard_memory() const { return home / "data" / "hashes.json"; }
  // Errors: database unless `id` is a run's identifier; it may be a path.
  RunDirectory run(const std::string& id) const;
  // Whether some pgolf holds the run's lock. A copy of a workspace has nobody's.
  bool is_worked_on(const std::string& run) const;
};

// A run's directory that no row names.
struct StrayRun {
  std::string id;
  bool has_logs = false;  // a phase ran in it: its rows were there once. Without, pgolf ended before it wrote them.
};
std::vector<StrayRun> stray_runs(const Workspace& workspace, const std::vector<std::string>& recorded);

// For who needs a record where none is. Errors: not_found; database where directories of runs lie there all the same.
[[noreturn]] void fail_no_record(const Workspace& workspace);

// "a, b, c and 4 more"
std::string names_text(const std::vector<std::string>& names);

// "20260321-080000-334-demo-1f3a", as new_run_id makes them.
bool is_run_id(std::string_view id);

// "20260321-080000-334-demo-1f3a": sortable, typable, unique. `submission` is its number or identifier.
std::string new_run_id(const std::string& submission, const std::string& profile);

// Flushes a file to the disk, its directory entry included. Errors: machine.
void sync_file(const std::filesystem::path& path);

}  // namespace pgolf
