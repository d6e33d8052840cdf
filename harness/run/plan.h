// Included by the sources of Runner alone.
#pragma once

#include "harness/run/engine_phase.h"

namespace pgolf {

// What one phase is given.
struct Runner::Plan : EnginePhase {
  std::vector<std::string> visible;  // roles of the data it could open, for the judge
  int64_t remembered = 0;            // shards whose hash it is given
  int64_t total = 0;                 // of the progress display
  double most_seconds = 0;           // after which the work ends by itself; 0: never
  std::string unit;
};

}  // namespace pgolf
