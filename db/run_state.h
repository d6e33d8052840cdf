// The states of a run and the moves between them.
//
//   queued -> preparing -> training -> packing -> artifact_saved -> evaluating -> judging -> done
//   any of these but done -> failed (the engine ended in an error), killed (a limit or an interrupt), lost (pgolf died)
//   failed, killed, lost -> packing, evaluating: goes on from the checkpoint, from the saved artifact
#pragma once

#include <string>
#include <string_view>

namespace pgolf {

enum class RunState {
  queued,
  preparing,
  training,
  packing,
  artifact_saved,
  evaluating,
  judging,
  done,
  failed,
  killed,
  lost
};

std::string_view run_state_name(RunState state);
RunState run_state_from(std::string_view name);  // errors: database, for a name that no version has written
bool is_final(RunState state);
bool may_follow(RunState from, RunState to);

}  // namespace pgolf
