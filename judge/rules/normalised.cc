// Whether scores come from a distribution over the vocabulary.
#include <cmath>

#include "base/names.h"
#include "judge/rules/passes.h"
#include "judge/rules/rules.h"

namespace pgolf::rules {

Finding normalised(const RunEvidence& run, const RuleReading& reading) {
  const double tolerance = reading.number("tolerance");
  const std::string limit = fmt::format("1 ± {}", tolerance);
  const auto* eval = run.phase(kEvalPhase);
  int64_t samples = 0, line = 0;
  double worst = 1;
  const std::set<std::string> passes = passes_of(eval);
  const auto error = [](double sum) { return std::isfinite(sum) ? std::abs(sum - 1) : INFINITY; };
  if (eval && eval->events)
    for (const auto& record : eval->events->events)
      if (const auto* sample = std::get_if<NormalisationEvent>(&record.event)) {
        if (!passes.contains(sample->name))
          return {Status::fail,
                  {},
                  limit,
                  "",
                  "a sample is of no pass of the evaluation",
                  fmt::format("{}:{}", eval->file, record.line)};
        ++samples;
        if (line == 0 || error(sample->sum) > error(worst)) worst = sample->sum, line = record.line;
      }
  if (samples == 0) return unknown("no position was sampled", "", limit);
  Finding out{Status::pass, std::isfinite(worst) ? Json(worst) : Json("not finite"),
              limit,        "",
              {},           fmt::format("{}:{}", eval->file, line)};
  out.reason = fmt::format("sum over the vocabulary at {} sampled positions; the worst is given", samples);
  if (error(worst) > tolerance)
    out.status = Status::fail;
  else if (samples < reading.integer("min_samples"))
    out.status = Status::unknown, out.reason += "; too few";
  return out;
}

}  // namespace pgolf::rules
