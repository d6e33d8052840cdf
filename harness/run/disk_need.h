// Bytes that a run will write, estimated from its configuration before it starts.
#pragma once

#include <cstdint>
#include <string>

#include "engine/config/pinned.h"

namespace pgolf {

// Targets and documents of the validation stream; zeros while the data are not prepared.
struct ValExtent {
  int64_t targets = 0, documents = 0;
};

// ledger.jsonl of an evaluation: what grows is a line per batch and rank of chunked test-time training, and a range per
// chunk of each document of phased test-time training (engine/eval/ttt_*.cc). The other passes are a few lines.
int64_t ledger_bytes(const Config& config, const ValExtent& val);

// What `--checkpoint-every save_every` keeps at most, a state after every so many steps and the leaves of all; 0: none.
int64_t states_bytes(const Pinned& pinned, int64_t save_every);
// Errors: usage where that is more than a run may keep, naming the least that would do.
void check_states(const Pinned& pinned, int64_t save_every);

// Everything that the phases from `first` ("train", "pack", "eval") on leave in the workspace: checkpoint, artifact,
// event logs, ledger, and their figures in the record.
int64_t disk_bytes(const Pinned& pinned, const std::string& first, const ValExtent& val);

}  // namespace pgolf
