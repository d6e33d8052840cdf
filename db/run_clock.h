// The clock that a run followed instead of the machine's, as its environment holds it: that of the submission's own
// training.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "db/rows.h"

namespace pgolf {

struct RunClock {
  std::string log, log_sha256;  // of the original training
  int64_t seed = 0, steps = 0;  // of it
  int64_t run_steps = 0;        // of the run; another number: the schedule was resampled
};

// Facts for the environment: clock, clock_log, clock_log_sha256, clock_seed, clock_steps, clock_run_steps.
void add_clock_facts(std::map<std::string, std::string>& environment, const RunClock& clock);

// Nothing for a run by the machine's clock. A number that cannot be read is 0.
std::optional<RunClock> published_clock(const std::map<std::string, std::string>& environment);

// "as run, on the published clock: train.log, seed 1337, 5684 steps"; "" for a run by the machine's clock.
std::string clock_text(const RunRecord& record);

}  // namespace pgolf
