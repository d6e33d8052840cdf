#include "db/run_state.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace pgolf {
namespace {

constexpr std::array<std::string_view, 11> kNames = {"queued",         "preparing",  "training", "packing",
                                                     "artifact_saved", "evaluating", "judging",  "done",
                                                     "failed",         "killed",     "lost"};

}  // namespace

std::string_view run_state_name(RunState state) { return kNames[static_cast<size_t>(state)]; }

RunState run_state_from(std::string_view name) {
  const auto it = std::find(kNames.begin(), kNames.end(), name);
  if (it == kNames.end()) fail(ErrorKind::database, "the database names a run state '{}' that does not exist", name);
  return static_cast<RunState>(it - kNames.begin());
}

bool is_final(RunState state) { return state >= RunState::done; }

bool may_follow(RunState from, RunState to) {
  if (to == RunState::failed || to == RunState::killed || to == RunState::lost) return !is_final(from);
  if (is_final(from)) return from != RunState::done && (to == RunState::packing || to == RunState::evaluating);
  return static_cast<int>(to) == static_cast<int>(from) + 1;
}

}  // namespace pgolf
