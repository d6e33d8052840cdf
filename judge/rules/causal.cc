// Whether a score depends on later tokens.
#include "base/names.h"
#include "judge/rules/rules.h"

namespace pgolf::rules {

Finding causal(const RunEvidence& run, const RuleReading& reading) {
  const auto* eval = run.phase(kEvalPhase);
  int64_t samples = 0, compared = 0, changed = 0, line = 0;
  double worst = 0;
  if (eval && eval->events)
    for (const auto& record : eval->events->events)
      if (const auto* probe = std::get_if<CausalityEvent>(&record.event)) {
        ++samples;
        compared += probe->compared;
        changed += probe->changed;
        worst = std::max(worst, probe->max_difference);
        if (line == 0 || (probe->changed > 0 && changed == probe->changed)) line = record.line;
      }
  if (samples == 0 || compared == 0) return unknown("no position was probed", "scores", 0);
  Finding out{Status::pass, changed, 0, "scores", {}, fmt::format("{}:{}", eval->file, line)};
  out.reason = fmt::format("{} earlier scores compared at {} positions", with_commas(compared), samples);
  if (changed > 0)
    out.status = Status::fail, out.reason += fmt::format("; changed by up to {:.3g} nats", worst);
  else if (samples < reading.integer("min_samples"))
    out.status = Status::unknown, out.reason += "; too few";
  return out;
}

}  // namespace pgolf::rules
