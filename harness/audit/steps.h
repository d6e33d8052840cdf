// Steps of a training that are drawn and trained again, each from the state that was kept nearest before it.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/audit/place.h"
#include "harness/judging/audit_files.h"

namespace pgolf {

struct StepDraw {
  int64_t count = 0;  // steps; 0: none
  int64_t seed = 0;
};

// `count` of the steps 1 to `steps`, all of them where there are no more, ascending.
std::vector<int64_t> drawn_steps(int64_t steps, const StepDraw& draw);

// From which state to which step training runs to pass all of `drawn`, given the steps of which states were `kept`.
std::vector<AuditReplay> replays_for(const std::vector<int64_t>& drawn, const std::vector<int64_t>& kept);

// Before anything is computed. Errors: usage for a run whose steps were not hashed, or that another engine or device
// trained than this; those of load_replay.
void check_steps(const Audited& audited, const RunOptions& options, const std::string& engine_sha256);

// Trains them again in `place`, where logs and leaves are left, and notes what was done. Errors: those of AuditPlace.
void replay_steps(AuditNote& note, const Audited& audited, const AuditPlace& place, const DataManifest& data,
                  const RunOptions& options, const Sandbox& sandbox, const StepDraw& draw);

}  // namespace pgolf
