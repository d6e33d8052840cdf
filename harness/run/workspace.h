// Where things lie: HOME/runs.db, HOME/data/<name>/, and one directory per run, HOME/<run>/.
//
//   pinned.json                       what the run computes
//   train.events.jsonl, ...           one event log per phase; ledger.jsonl of the evaluation
//   schedule.json                     of a replay: the recorded clock that it follows
//   checkpoint.safetensors, artifact.bin
//   train.stdout, train.stderr, ...   what the engine printed
//   lock                              held by the pgolf that supervises the run
//   train/, pack/, eval/, diagnose/   the only place a phase can write; emptied into the run's directory when it ends
//   attempts/                         what earlier attempts at a phase left, in <phase>-<attempt>/
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
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
  std::filesystem::path events(const std::string& phase) const { return root_ / (phase + ".events.jsonl"); }
  // Where the files of an attempt lie once a later attempt has begun.
  std::filesystem::path attempt(const std::string& phase, int64_t number) const {
    return root_ / "attempts" / (phase + "-" + std::to_string(number));
  }
  std::filesystem::path output(const std::string& phase, const std::string& stream) const {
    return root_ / (phase + "." + stream);
  }
  std::filesystem::path scratch(const std::string& phase) const { return root_ / phase; }

  // Files that a phase hands over.
  static std::vector<std::string> products(const std::string& phase);

  // Makes the directory of attempt `number` at a phase, empty; products of the attempt before move to attempt().
  void begin_phase(const std::string& phase, int64_t number) const;

  // Moves the phase's products, if they are regular files of its own, into the run's directory, synced and read-only,
  // and removes the rest. Returns the names of what else the phase had left there.
  std::vector<std::string> end_phase(const std::string& phase) const;

  // The first of the phase's products that is not there; "" if all are.
  std::string missing_product(const std::string& phase) const;

 private:
  std::filesystem::path root_;
};

struct Workspace {
  std::filesystem::path home;
  std::filesystem::path database() const { return home / "runs.db"; }
  std::filesystem::path data(const std::string& name) const { return home / "data" / name; }
  std::filesystem::path shard_memory() const { return home / "data" / "hashes.json"; }
  RunDirectory run(const std::string& id) const { return RunDirectory(home / id); }
};

// "20260321-080000-334-demo-1f3a": sortable, typable, unique.
std::string new_run_id(int64_t pr, const std::string& profile);

// Flushes a file to the disk, its directory entry included. Errors: machine.
void sync_file(const std::filesystem::path& path);

}  // namespace pgolf
