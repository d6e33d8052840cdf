#include "engine/schedule/clock.h"

#include <fmt/ranges.h>

#include "base/error.h"

namespace pgolf {
namespace {

std::string shown(const ScheduleStep& step) {
  return fmt::format("rate scale {} with [{}]", step.lr_scale, fmt::join(step.switches, ", "));
}

}  // namespace

TrainingClock::TrainingClock(const Config& config, const Schedule& recorded) : stretch_(stretch_of(recorded)) {
  const std::string name = recorded.name();
  const auto count = static_cast<int64_t>(recorded.train.size());
  if (recorded.published && count != recorded.published->steps && count != config.train.iterations)
    fail(ErrorKind::submission, "the schedule of {} is resampled to {} steps, the configuration trains {}", name, count,
         config.train.iterations);
  double before_ms = 0;
  for (const ScheduleStep& step : recorded.train) {
    const auto done = static_cast<int64_t>(recorded_ms_.size());
    if (training_is_over(config, done, before_ms))
      fail(ErrorKind::submission, "the schedule of {} has {} steps, but by its own times training ended after {}", name,
           recorded.train.size(), done);
    if (step.elapsed_ms < before_ms)
      fail(ErrorKind::submission, "the schedule of {} goes back in time at step {}", name, done + 1);
    recorded_ms_.push_back(before_ms = step.elapsed_ms);
  }
  const auto steps = static_cast<int64_t>(recorded_ms_.size());
  if (!training_is_over(config, steps, before_ms))
    fail(ErrorKind::submission, "the schedule of {} ends at step {} of a training that was not over: steps are missing",
         name, steps);
  const std::vector<ScheduleStep> planned = planned_steps(config, recorded_ms_, stretch_);
  for (size_t i = 0; i < planned.size(); ++i)
    if (const ScheduleStep& step = recorded.train[i]; step != planned[i])
      fail(ErrorKind::submission,
           "the schedule of {} has {} at step {}, where this build decides {}; use the pgolf that recorded it", name,
           shown(step), i + 1, shown(planned[i]));
}

double TrainingClock::measured_ms() const {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count();
}

double TrainingClock::after_step(int64_t step) const {
  return recorded_ms_.empty() ? measured_ms() : recorded_ms_.at(static_cast<size_t>(step - 1));
}

std::vector<std::string> switches_of(const StepPlan& plan) {
  std::vector<std::string> out;
  if (plan.qat) out.emplace_back("qat");
  if (plan.crown_q) out.emplace_back("crown_q");
  if (plan.looping) out.emplace_back("looping");
  return out;
}

double stretch_of(const Schedule& schedule) {
  if (!schedule.published || schedule.train.empty()) return 1;
  return static_cast<double>(schedule.published->steps) / static_cast<double>(schedule.train.size());
}

std::vector<ScheduleStep> planned_steps(const Config& config, const std::vector<double>& after_ms, double stretch) {
  std::vector<ScheduleStep> out;
  StepPlan plan;
  double before_ms = 0;
  for (const double ms : after_ms) {
    plan = plan_step(config, static_cast<double>(out.size()) * stretch, before_ms, plan);
    out.push_back({ms, plan.lr_scale, switches_of(plan)});
    before_ms = ms;
  }
  return out;
}

}  // namespace pgolf
