// schedule.json: what a clock decided, so that a run can follow it without one: every decision that follows the clock
// is in it. The clock is that of a recorded run, or the one that a submission published. Format `pgolf.schedule/2`
// (docs/evidence.md).
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

// The log of an original training that a schedule's times are from.
struct PublishedClock {
  std::string log, log_sha256;
  int64_t seed = 0;
  int64_t steps = 0;  // of that training; a schedule of another number of steps is resampled from it
  bool operator==(const PublishedClock&) const = default;
};

struct Schedule {
  std::string replay_of;  // the run it was taken from; "" for none
  std::string config_sha256;
  std::vector<ScheduleStep> train;
  std::optional<EvalSchedule> eval;  // nothing: that run was not evaluated, the clock decides
  std::optional<PublishedClock> published{};
  bool operator==(const Schedule&) const = default;

  std::string name() const;  // where it is from, for messages: "run 20260321-...", "log train.log"
};

// Taken from the logs of a training and of its evaluation; messages call them `name`. Errors: submission for a log that
// is torn, of another phase, or lacks a step.
std::vector<ScheduleStep> train_schedule(const EventsFile& train, const std::string& name);
EvalSchedule eval_schedule(const EventsFile& eval, const std::string& name);

void write_schedule(const std::filesystem::path& path, const Schedule& schedule);
// Errors: submission for a damaged or newer file; usage if it is of another configuration than `config_sha256`.
Schedule read_schedule(const std::filesystem::path& path, const std::string& config_sha256);

}  // namespace pgolf
