#include "harness/sweep/state.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace pgolf {
namespace {

const char* state_name(TaskState state) {
  constexpr const char* kNames[] = {"to run", "running", "failed", "done"};
  return kNames[static_cast<size_t>(state)];
}

TaskStatus status_of(const RunSummary& run) {
  if (run.state == RunState::done) return {TaskState::done, run.id, ""};
  if (!is_final(run.state)) return {TaskState::running, run.id, ""};
  const bool cut_short = run.state == RunState::killed || run.state == RunState::lost;
  return {cut_short ? TaskState::planned : TaskState::failed, run.id, std::string(run_state_name(run.state))};
}

}  // namespace

std::vector<TaskStatus> task_states(const SweepPlan& plan, const Store* store) {
  std::map<std::string, TaskStatus> by_pinned;
  if (store)
    for (const RunSummary& run : store->list_runs()) {
      if (run.withdrawn) continue;
      TaskStatus now = status_of(run);
      const auto [known, fresh] = by_pinned.emplace(run.pinned, now);
      // The first finished run is the task's; of others what is further on, then what is newer.
      if (!fresh && known->second.state != TaskState::done && now.state >= known->second.state)
        known->second = std::move(now);
    }
  std::vector<TaskStatus> out;
  for (size_t task = 0; task < plan.tasks(); ++task) {
    const auto found = by_pinned.find(plan.pinned_of(task));
    out.push_back(found == by_pinned.end() ? TaskStatus() : found->second);
  }
  return out;
}

SweepCounts count(const std::vector<TaskStatus>& states) {
  SweepCounts out;
  for (const TaskStatus& task : states)
    ++(task.state == TaskState::done      ? out.done
       : task.state == TaskState::running ? out.running
       : task.state == TaskState::failed  ? out.failed
                                          : out.planned);
  return out;
}

std::string counts_text(const SweepCounts& c) {
  std::string out = fmt::format("{} of {} done", c.done, c.done + c.running + c.failed + c.planned);
  if (c.running > 0) out += fmt::format(", {} running", c.running);
  if (c.failed > 0) out += fmt::format(", {} failed", c.failed);
  if (c.planned > 0) out += fmt::format(", {} to run", c.planned);
  return out;
}

std::string status_text(const SweepPlan& plan, const std::vector<TaskStatus>& states) {
  size_t widest = 0;
  for (const SweepVariant& v : plan.variants) widest = std::max(widest, v.name.size());
  std::string out;
  for (size_t v = 0; v < plan.variants.size(); ++v) {
    std::vector<std::string> seeds;
    for (size_t s = 0; s < plan.seeds.size(); ++s) {
      const TaskStatus& task = states[s * plan.variants.size() + v];
      seeds.push_back(fmt::format("{} {}", plan.seeds[s], state_name(task.state)));
    }
    out += fmt::format("{:<{}}  seeds {}\n", plan.variants[v].name, widest, fmt::join(seeds, ", "));
  }
  for (const SkippedTechnique& s : plan.skipped) out += fmt::format("not planned: {}: {}\n", s.name, s.why);
  return out + counts_text(count(states)) + "\n";
}

Json status_json(const SweepPlan& plan, const std::vector<TaskStatus>& states) {
  const SweepCounts counts = count(states);
  Json tasks = Json::array();
  for (size_t task = 0; task < states.size(); ++task) {
    const TaskStatus& status = states[task];
    tasks.push_back({{"task", task},
                     {"variant", plan.variant_of(task).name},
                     {"seed", plan.seed_of(task)},
                     {"pinned_sha256", plan.pinned_of(task)},
                     {"state", state_name(status.state)},
                     {"run_id", status.run.empty() ? Json() : Json(status.run)},
                     {"why", status.why.empty() ? Json() : Json(status.why)}});
  }
  return {
      {"format", "pgolf.sweep-status/1"}, {"id", plan.id},           {"planned", plan.tasks()},  {"done", counts.done},
      {"running", counts.running},        {"failed", counts.failed}, {"to_run", counts.planned}, {"tasks", tasks}};
}

}  // namespace pgolf
