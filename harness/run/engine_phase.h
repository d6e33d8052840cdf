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

// Works in the scratch directory of `directory`, by its pinned.json.
PhaseCommand command_of(const EnginePhase& engine, const RunOptions& options, const Sandbox& sandbox,
                        const RunDirectory& directory);

}  // namespace pgolf
