#include "harness/sweep/result.h"

#include <algorithm>
#include <cmath>

#include "base/names.h"
#include "harness/compare/compare.h"
#include "judge/outcome.h"
#include "reports/run_view.h"

namespace pgolf {
namespace {

std::optional<double> mean_of(const std::vector<double>& values) {
  return values.empty() ? std::nullopt : std::optional(summarize(values).mean);
}

std::optional<double> difference(const std::optional<double>& a, const std::optional<double>& b) {
  return a && b ? std::optional(*a - *b) : std::nullopt;
}

SweepRow row_of(const SweepPlan& plan, size_t variant, const std::vector<TaskStatus>& states, const Store* store,
                const std::string& metric) {
  SweepRow out;
  out.variant = &plan.variants[variant], out.planned = plan.seeds.size();
  std::vector<double> bytes, train, eval;
  std::vector<std::string> strict, practice;
  for (size_t s = 0; store && s < plan.seeds.size(); ++s) {
    const TaskStatus& task = states[s * plan.variants.size() + variant];
    if (task.state != TaskState::done) continue;
    const RunView run = load_run_view(*store, task.run, std::nullopt);
    const auto value = run.metric(metric);
    if (!value || !std::isfinite(*value)) continue;
    out.seeds.push_back(plan.seeds[s]), out.values.push_back(*value), out.runs.push_back(task.run);
    if (run.total_bytes) bytes.push_back(static_cast<double>(*run.total_bytes));
    if (const auto ms = run.time_ms(kTrainPhase)) train.push_back(*ms);
    if (const auto ms = run.time_ms(kEvalPhase)) eval.push_back(*ms);
    strict.push_back(run.strict), practice.push_back(run.practice);
  }
  out.bytes = mean_of(bytes), out.train_ms = mean_of(train), out.eval_ms = mean_of(eval);
  out.strict = worst_outcome(strict), out.practice = worst_outcome(practice);
  return out;
}

// The variant without the technique, and the one with it: which is the base depends on the role.
Effect effect_of(const SweepRow& base, const SweepRow& changed) {
  const bool out_of_base = changed.variant->role == VariantRole::out;
  const SweepRow &with = out_of_base ? base : changed, &without = out_of_base ? changed : base;
  Effect out;
  out.variant = changed.variant, out.planned = changed.planned;
  if (base.variant->data_sha256 != changed.variant->data_sha256) {
    out.why_not = "other tokens: not set beside the base";
    return out;
  }
  std::vector<double> a, b;
  for (size_t i = 0; i < with.seeds.size(); ++i) {
    const auto same = std::find(without.seeds.begin(), without.seeds.end(), with.seeds[i]);
    if (same == without.seeds.end()) continue;
    out.seeds.push_back(with.seeds[i]);
    a.push_back(with.values[i]), b.push_back(without.values[static_cast<size_t>(same - without.seeds.begin())]);
  }
  if (a.empty()) {
    out.why_not = "no seed has both results yet";
    return out;
  }
  out.paired = paired(a, b, kSweepAlpha);
  out.bytes = difference(with.bytes, without.bytes);
  out.train_ms = difference(with.train_ms, without.train_ms);
  out.eval_ms = difference(with.eval_ms, without.eval_ms);
  return out;
}

void correct(std::vector<Effect>& effects) {
  std::vector<double> p;
  for (const Effect& e : effects)
    if (e.paired && e.paired->p_two_sided) p.push_back(*e.paired->p_two_sided);
  const auto adjusted = holm(p);
  size_t next = 0;
  for (Effect& e : effects)
    if (e.paired && e.paired->p_two_sided) e.p_holm = adjusted[next++];
}

}  // namespace

std::string Effect::verdict() const {
  if (!paired) return why_not;
  const Sample& d = paired->differences;
  if (d.mean == 0 && d.sd == 0) return "no difference";
  if (d.n < 2) return "one seed shows no spread";
  if (!p_holm || *p_holm >= 2 * kSweepAlpha) return "not shown";
  return d.mean > 0 ? "helps" : "hurts";
}

SweepResult sweep_result(const SweepPlan& plan, const std::vector<TaskStatus>& states, const Store* store,
                         const std::string& metric) {
  check_metric(metric);
  SweepResult out;
  out.metric = metric;
  for (size_t v = 0; v < plan.variants.size(); ++v) out.rows.push_back(row_of(plan, v, states, store, metric));
  if (plan.is_ablation()) {
    for (size_t v = 1; v < out.rows.size(); ++v) out.effects.push_back(effect_of(out.rows.front(), out.rows[v]));
    correct(out.effects);
    std::stable_sort(out.effects.begin(), out.effects.end(), [](const Effect& a, const Effect& b) {
      return (a.paired ? a.paired->differences.mean : -INFINITY) > (b.paired ? b.paired->differences.mean : -INFINITY);
    });
  }
  std::stable_sort(out.rows.begin() + (plan.is_ablation() ? 1 : 0), out.rows.end(),
                   [](const SweepRow& a, const SweepRow& b) {
                     return mean_of(a.values).value_or(INFINITY) < mean_of(b.values).value_or(INFINITY);
                   });
  return out;
}

}  // namespace pgolf
