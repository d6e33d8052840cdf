// How pgolf starts its engine for one phase: of a run, or of an audit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/run/run.h"

namespace pgolf {

struct EnginePhase {
  std::string phase;
  std::vector<std::string> arguments;  // besides those that every phase has
  SandboxFiles files;                  // that they name
  std::optional<PhaseLimit> limit;
};

// This machine has what the phases need (preflight.h). Errors: those of preflight.h; usage where the submission's ranks
// cannot be shared by so many processes.
void check_phases(const std::vector<std::string>& phases, const Pinned& pinned, const RunOptions& options,
                  const Sandbox& sandbox);

// Works in the scratch directory of `directory`, by its pinned.json.
PhaseCommand command_of(const EnginePhase& engine, const RunOptions& options, const Sandbox& sandbox,
                        const RunDirectory& directory);

}  // namespace pgolf
