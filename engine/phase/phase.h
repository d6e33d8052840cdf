// What every phase of a run is given, and the evidence that it opens.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "engine/config/pinned.h"
#include "engine/core/context.h"
#include "engine/data/shard_memory.h"
#include "engine/dist/comm.h"
#include "engine/evidence/events.h"
#include "engine/evidence/schedule.h"

namespace pgolf {

// Of a training whose steps are hashed, so that each can be held against another training's.
struct HashedSteps {
  int64_t save_every = 0;       // steps between the states that are kept; 0: none
  std::filesystem::path state;  // where it begins; "" for the start. Follows a schedule.
  int64_t until = 0;            // the step after which it ends, without a checkpoint; 0: it trains to its end

  bool wanted() const { return save_every > 0 || until > 0; }
};

struct PhaseOptions {
  Pinned pinned;
  std::filesystem::path run_dir;     // event logs, ledger.jsonl, checkpoint and artifact are written here
  std::filesystem::path data_dir;    // prepared data: training shards for train and pack, validation for eval
  std::filesystem::path checkpoint;  // pack and diagnose read it
  std::filesystem::path artifact;    // eval and diagnose read it
  Device device;
  bool float32 = false;  // compute in float32 on a GPU too, where bfloat16 is the rule
  Determinism determinism = Determinism::repeatable;
  std::optional<Schedule> schedule{};  // of a recorded run, instead of the clock: train and eval
  ShardMemory known_shards{};          // those that need not be read to be hashed and checked
  HashedSteps hashed{};                // train
  Comm* comm = &solo();                // the processes that share the phase; of these, the first writes its products

  // What this process writes beside the others': the run's directory, where it is alone.
  std::filesystem::path part_dir() const { return part_dir(comm->process()); }
  std::filesystem::path part_dir(int process) const {
    return comm->is_alone() ? run_dir : run_dir / ("process" + std::to_string(process));
  }

  Context context() const { return {device, device.is_cpu() || float32 ? DType::f32 : DType::bf16, determinism}; }
};

inline constexpr char kLedgerFile[] = "ledger.jsonl";
inline constexpr char kCheckpointFile[] = "checkpoint.safetensors";
inline constexpr char kArtifactFile[] = "artifact.bin";
// What hashed steps leave: their leaves (engine/evidence/leaves.h), and states by step.
inline constexpr char kStatesDirectory[] = "states", kLeavesFile[] = "leaves.bin";
std::string state_file(int64_t step);  // "step-0000040.safetensors"

// "train.events.jsonl": each phase writes a log of its own.
std::string events_file(const std::string& phase);

// The event log of `phase`: the first process's in the run's directory, the others' in their own.
EventLog open_events(const PhaseOptions& options, const std::string& phase);

// Writes the data event of a file that the phase opens as `role`. Errors: those of sha256_file.
void record_file(EventLog& events, const char* role, const std::filesystem::path& path);

// Writes a phase_start event now and a phase_end event with the time between when finished.
class PhaseTimer {
 public:
  PhaseTimer(EventLog& events, std::string name);
  double finish();  // ms
 private:
  EventLog& events_;
  std::string name_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace pgolf
