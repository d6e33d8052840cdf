// Steps of a training that were computed again, held against what the training left of them (docs/audit.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/evidence/events.h"
#include "engine/evidence/leaves.h"

namespace pgolf {

struct StepAudit {
  int64_t seed = 0;
  std::vector<int64_t> drawn;  // steps, ascending
  int64_t replayed = 0;        // steps that were computed again
  bool same_kind = false;      // the training's engine on its kind of device, so that every bit must be the same
  std::string difference, difference_at;  // the first in words, and its file and line; "" for none
};

struct StepDifference {
  int64_t step = 0;  // 0: none
  std::string text;  // "step 17 hashes to 0a1b2c3d4e5f there, 5d6e7f8a9b0c here"; "" for none
  int64_t line = 0;  // in the log of the training; 0 where it has nothing there
};

// The first step of `here` whose loss, rate or hashes the training's log has otherwise. Where `here` began at a state
// that was loaded, that is one of them.
StepDifference first_step_difference(const EventsFile& there, const EventsFile& here);

// Which leaf of the step is the first that differs, and what computes it: "'gradient tok_emb.weight' is the first of 3
// leaves that differ, of 611: the forward or backward pass, or the mean over ranks"; or why that cannot be told. `root`
// is the training's word for the step: its leaves count only if they hash to it.
std::string first_leaf_difference(int64_t step, const std::string& root, const LeavesFile& there,
                                  const LeavesFile& here);

// The step's root in a log; "" if it has none.
std::string root_of(const EventsFile& log, int64_t step);

}  // namespace pgolf
