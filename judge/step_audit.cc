#include "judge/step_audit.h"

#include <fmt/format.h>

#include <bit>
#include <map>
#include <optional>

namespace pgolf {
namespace {

// What a log has of a step.
struct Logged {
  std::optional<StepEvent> step;
  std::optional<StateEvent> state;
  int64_t step_line = 0, state_line = 0;
};

std::map<int64_t, Logged> by_step(const EventsFile& log) {
  std::map<int64_t, Logged> out;
  for (const EventRecord& record : log.events)
    if (const auto* step = std::get_if<StepEvent>(&record.event)) {
      out[step->step].step = *step, out[step->step].step_line = record.line;
    } else if (const auto* state = std::get_if<StateEvent>(&record.event)) {
      out[state->step].state = *state, out[state->step].state_line = record.line;
    }
  return out;
}

bool same_bits(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }

std::string short_hash(const std::string& hash) { return hash.substr(0, 12); }

StepDifference compare(int64_t number, const Logged& there, const Logged& here) {
  const auto differs = [&](const char* what, const std::string& a, const std::string& b, int64_t line) {
    return StepDifference{number, fmt::format("step {}: {} {} there, {} here", number, what, a, b), line};
  };
  if (here.state && !there.state) return {number, fmt::format("step {} has no hash there", number), 0};
  if (here.state && here.state->root.empty() && here.state->state != there.state->state)
    return differs("the state that was kept after it hashes to", short_hash(there.state->state),
                   short_hash(here.state->state), there.state_line);
  if (here.state && !here.state->root.empty() && here.state->root != there.state->root)
    return differs("the root of its hashes is", short_hash(there.state->root), short_hash(here.state->root),
                   there.state_line);
  if (!here.step) return {};
  if (!there.step) return {number, fmt::format("step {} is not there", number), 0};
  if (!same_bits(there.step->train_loss, here.step->train_loss))
    return differs("training loss", fmt::format("{}", there.step->train_loss), fmt::format("{}", here.step->train_loss),
                   there.step_line);
  if (!same_bits(there.step->lr_scale, here.step->lr_scale))
    return differs("rate scale", fmt::format("{}", there.step->lr_scale), fmt::format("{}", here.step->lr_scale),
                   there.step_line);
  return {};
}

}  // namespace

StepDifference first_step_difference(const EventsFile& there, const EventsFile& here) {
  const auto theirs = by_step(there), ours = by_step(here);
  for (const auto& [number, step] : ours) {
    const auto found = theirs.find(number);
    const StepDifference difference = compare(number, found == theirs.end() ? Logged{} : found->second, step);
    if (difference.step > 0) return difference;
  }
  return {};
}

std::string first_leaf_difference(int64_t step, const std::string& root, const LeavesFile& there,
                                  const LeavesFile& here) {
  const auto theirs = there.leaves(step), ours = here.leaves(step);
  if (!theirs || !ours) return "its leaves are not there";
  const std::vector<std::string>& names = here.layout().names;
  if (there.layout() != here.layout()) return "its leaves are of other tensors";
  if (hex(roots_of(there.layout(), *theirs).root) != root) return "the leaves that are there do not hash to that root";
  std::string first;
  int64_t differ = 0;
  for (size_t i = 0; i < names.size(); ++i)
    if ((*theirs)[i] != (*ours)[i] && ++differ == 1) first = names[i];
  return fmt::format("'{}' is the first of {} leaves that differ, of {}: {}", first, differ, names.size(),
                     leaf_op(first));
}

std::string root_of(const EventsFile& log, int64_t step) {
  for (const EventRecord& record : log.events)
    if (const auto* state = std::get_if<StateEvent>(&record.event); state && state->step == step) return state->root;
  return "";
}

}  // namespace pgolf
