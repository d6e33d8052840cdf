#include "engine/schedule/plan.h"

#include <algorithm>

namespace pgolf {
namespace {

// Linear to zero over the last `warmdown_iters` steps, where the length of a step is its mean so far.
double step_time_scale(const Config& c, double step, double elapsed_ms, double limit_ms) {
  const ScheduleConfig& s = c.schedule;
  if (s.warmdown_iters <= 0) return 1;
  if (limit_ms <= 0) {
    const auto iterations = static_cast<double>(c.train.iterations), warmdown = static_cast<double>(s.warmdown_iters);
    return step < std::max(iterations - warmdown, 0.0) ? 1 : std::max((iterations - step) / warmdown, 0.0);
  }
  const bool assumed = step == 0 && s.step0_ms > 0;
  const double step_ms = assumed ? s.step0_ms : elapsed_ms / std::max(step, 1.0);
  const double remaining_ms = std::max(limit_ms - elapsed_ms, 0.0);
  const double warmdown_ms = static_cast<double>(s.warmdown_iters) * step_ms;
  return remaining_ms < warmdown_ms ? remaining_ms / std::max(warmdown_ms, 1e-9) : 1;
}

double fraction_scale(const ScheduleConfig& s, double fraction) {
  if (s.warmdown_frac <= 0 || fraction < 1 - s.warmdown_frac) return 1;
  return std::max((1 - fraction) / s.warmdown_frac, s.min_lr);
}

double momentum_at(const MuonConfig& m, double step) {
  const auto warmup = static_cast<double>(m.momentum_warmup_steps);
  if (step >= warmup) return m.momentum;
  const double f = step / warmup;
  return (1 - f) * m.momentum_start + f * m.momentum;
}

bool late_qat_starts(const QatConfig& q, const StepPlan& plan) {
  return q.start == QatStart::fraction ? plan.fraction >= q.start_at : plan.lr_scale < q.start_at;
}

}  // namespace

double training_limit_ms(const TrainConfig& train) {
  if (train.max_wallclock_seconds <= 0) return 0;
  return 1000 * (train.max_wallclock_seconds - train.clock_reserve_seconds);
}

bool training_is_over(const Config& config, int64_t step, double elapsed_ms) {
  const double limit_ms = training_limit_ms(config.train);
  return step >= config.train.iterations || (limit_ms > 0 && elapsed_ms >= limit_ms);
}

StepPlan plan_step(const Config& c, double step, double elapsed_ms, const StepPlan& previous) {
  const double limit_ms = training_limit_ms(c.train);
  const auto iterations = static_cast<double>(std::max<int64_t>(c.train.iterations, 1));
  StepPlan plan;
  plan.fraction = limit_ms > 0 ? elapsed_ms / limit_ms : step / iterations;
  plan.lr_scale = c.schedule.kind == ScheduleKind::fraction ? fraction_scale(c.schedule, plan.fraction)
                                                            : step_time_scale(c, step, elapsed_ms, limit_ms);
  plan.muon_momentum = momentum_at(c.muon, step);
  plan.looping = previous.looping || (c.model.num_loops > 0 && plan.fraction >= c.schedule.loop_at_fraction);
  const bool late = late_qat_starts(c.qat, plan);
  plan.qat = previous.qat || (late && c.qat.scope != QatScope::none);
  plan.crown_q = previous.crown_q || (late && c.qat.crown_q_lambda > 0);
  // 1 at the step that switches QAT on, then from 1 to 16 as the learning rate falls to zero (PR 849).
  if (previous.qat) plan.soft_round_alpha = 1 + 15 * std::max(0.0, 1 - plan.lr_scale / std::max(c.qat.start_at, 0.01));
  return plan;
}

std::vector<StepPlan> plan_warmup(const Config& c) {
  std::vector<StepPlan> out;
  for (const bool looping : {false, true}) {
    if (looping && c.model.num_loops == 0) break;
    for (int64_t step = 0; step < c.train.warmup_steps; ++step) {
      StepPlan plan;
      plan.muon_momentum = momentum_at(c.muon, static_cast<double>(step));
      plan.looping = looping;
      out.push_back(plan);
    }
  }
  return out;
}

}  // namespace pgolf
