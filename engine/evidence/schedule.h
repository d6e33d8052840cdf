// schedule.json: what a run's clock decided, so that the run can be repeated without one: every decision that follows
// the clock is in it. Format `pgolf.schedule/1` (docs/evidence.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/evidence/events.h"

namespace pgolf {

struct ScheduleStep {
  double elapsed_ms = 0;  // training clock after the step: what the plan of the next one is made from
  double lr_scale = 1;
  std::vector<std::string> switches;
  bool operator==(const ScheduleStep&) const = default;
};

// What the clock of an evaluation decided.
struct EvalSchedule {
  std::optional<int64_t> ttt_chunks;  // trained on when ttt.time_limit_seconds were over; nothing: they never were
  bool operator==(const EvalSchedule&) const = default;
};

struct Schedule {
  std::string replay_of;  // the run it was taken from
  std::string config_sha256;
  std::vector<ScheduleStep> train;
  std::optional<EvalSchedule> eval;  // nothing: that run was not evaluated, the clock decides
  bool operator==(const Schedule&) const = default;
};

// Taken from the logs of a training and of its evaluation; messages call them `name`. Errors: submission for a log that
// is torn, of another phase, or lacks a step.
std::vector<ScheduleStep> train_schedule(const EventsFile& train, const std::string& name);
EvalSchedule eval_schedule(const EventsFile& eval, const std::string& name);

void write_schedule(const std::filesystem::path& path, const Schedule& schedule);
// Errors: submission for a damaged or newer file; usage if it is of another configuration than `config_sha256`.
Schedule read_schedule(const std::filesystem::path& path, const std::string& config_sha256);

}  // namespace pgolf
