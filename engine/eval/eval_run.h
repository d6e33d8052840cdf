// What every evaluator works with: the model as it stands, the validation stream, and where evidence goes.
#pragma once

#include <string>

#include "engine/dist/comm.h"
#include "engine/eval/val_set.h"
#include "engine/evidence/events.h"
#include "engine/evidence/ledger.h"
#include "engine/evidence/schedule.h"
#include "engine/model/gpt.h"

namespace pgolf {

// `ledger` may be null: a diagnostic pass that nothing is judged by.
struct Evidence {
  EventLog& events;
  Ledger* ledger;
};

struct EvalRun {
  Context& ctx;
  const Gpt& model;
  Params& params;
  const ValSet& val;
  const Config& config;
  Comm& comm;
  Evidence evidence;
  int64_t seed = 0;                        // of probes and adapters
  std::optional<EvalSchedule> schedule{};  // of a recorded run, instead of the clock

  int64_t world() const { return config.train.world_size; }
  RankRange ranks() const { return comm.ranks(world()); }  // that this process plays
};

// Scopes of the ledger.
inline constexpr char kModelScope[] = "model";
inline std::string rank_scope(const char* state, int rank) { return std::string(state) + ":r" + std::to_string(rank); }

// Every rank passes here; with one rank the order is known without it.
inline void sync_ranks(EvalRun& run) {
  run.comm.barrier();
  if (run.evidence.ledger != nullptr && run.world() > 1) run.evidence.ledger->sync();
}
inline void record_update(EvalRun& run, const std::string& scope, const TargetRanges& targets, int rank = 0,
                          const Scopes& reads = {}) {
  if (run.evidence.ledger != nullptr && run.ranks().contains(rank))
    run.evidence.ledger->update(scope, targets, rank, reads);
}
inline void record_reset(EvalRun& run, const std::string& scope, int rank = 0) {
  if (run.evidence.ledger != nullptr) run.evidence.ledger->reset(scope, rank);
}

}  // namespace pgolf
