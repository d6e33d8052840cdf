// Whether a score depends on later tokens.
#include <cmath>

#include "base/names.h"
#include "judge/rules/passes.h"
#include "judge/rules/rules.h"

namespace pgolf::rules {
namespace {

// A probe that no evaluation can have made.
bool is_impossible(const CausalityEvent& probe, const std::set<std::string>& passes) {
  return probe.compared < 0 || probe.changed < 0 || !std::isfinite(probe.max_difference) || probe.max_difference < 0 ||
         (probe.changed == 0 && probe.max_difference > 0) || !passes.contains(probe.name);
}

}  // namespace

Finding causal(const RunEvidence& run, const RuleReading& reading) {
  const auto* eval = run.phase(kEvalPhase);
  int64_t samples = 0, compared = 0, changed = 0, line = 0;
  double worst = 0;
  const std::set<std::string> passes = passes_of(eval);
  if (eval && eval->events)
    for (const auto& record : eval->events->events)
      if (const auto* probe = std::get_if<CausalityEvent>(&record.event)) {
        if (is_impossible(*probe, passes))
          return {Status::fail,
                  {},
                  0,
                  "scores",
                  "a probe contradicts itself, or is of no pass of the evaluation",
                  fmt::format("{}:{}", eval->file, record.line)};
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
