#include "engine/train/clock.h"

#include <fmt/ranges.h>

#include "base/error.h"

namespace pgolf {
namespace {

std::string shown(double lr_scale, const std::vector<std::string>& switches) {
  return fmt::format("rate scale {} with [{}]", lr_scale, fmt::join(switches, ", "));
}

}  // namespace

TrainingClock::TrainingClock(const Config& config, const Schedule& recorded) {
  StepPlan plan;
  double before_ms = 0;
  for (const ScheduleStep& step : recorded.train) {
    const auto done = static_cast<int64_t>(recorded_ms_.size());
    if (training_is_over(config, done, before_ms))
      fail(ErrorKind::submission, "the schedule of {} has {} steps, but by its own times training ended after {}",
           recorded.replay_of, recorded.train.size(), done);
    if (step.elapsed_ms < before_ms)
      fail(ErrorKind::submission, "the schedule of {} goes back in time at step {}", recorded.replay_of, done + 1);
    plan = plan_step(config, done, before_ms, plan);
    if (plan.lr_scale != step.lr_scale || switches_of(plan) != step.switches)
      fail(ErrorKind::submission,
           "the schedule of {} has {} at step {}, where this build decides {}; use the pgolf that recorded it",
           recorded.replay_of, shown(step.lr_scale, step.switches), done + 1, shown(plan.lr_scale, switches_of(plan)));
    recorded_ms_.push_back(before_ms = step.elapsed_ms);
  }
  const auto steps = static_cast<int64_t>(recorded_ms_.size());
  if (!training_is_over(config, steps, before_ms))
    fail(ErrorKind::submission, "the schedule of {} ends at step {} of a training that was not over: steps are missing",
         recorded.replay_of, steps);
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

}  // namespace pgolf
