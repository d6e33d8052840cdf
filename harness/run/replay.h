// Repeating a run without its clock: `pgolf reproduce N --replay RUN`.
#pragma once

#include <string>

#include "db/rows.h"
#include "engine/config/pinned.h"
#include "engine/evidence/schedule.h"
#include "harness/run/workspace.h"
#include "judge/replay_end.h"
#include "resolve/resolve.h"

namespace pgolf {

struct Replay {
  Schedule schedule;            // its `replay_of` is the run
  std::string artifact_sha256;  // what the replay must give; "" if that run packed nothing
};

// The schedule that `record` left in `directory`. Errors: usage if its training did not end; not_found if its log is
// gone; submission if the log is torn, lacks steps, is of another configuration or not the one that was recorded.
Replay load_replay(const RunRecord& record, const RunDirectory& directory);

// What resolves to the configuration of `record`: its profile, seed and overrides.
ResolveRequest request_of(const RunRecord& record);

// Errors: usage if `pinned` is not the configuration of `record`, naming the first field that differs.
void check_same_configuration(const RunRecord& record, const Pinned& pinned);

int exit_code_of(ReplayEnd end);  // 0 equal, 1 different, 3 nothing to compare

}  // namespace pgolf
