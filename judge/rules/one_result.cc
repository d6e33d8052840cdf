// Whether there is one result, and its sums lead to it.
#include <cmath>

#include "base/names.h"
#include "judge/rules/rules.h"

namespace pgolf::rules {

Finding one_result(const RunEvidence& run, const RuleReading&) {
  const auto* eval = run.phase(kEvalPhase);
  if (!eval || !eval->events) return unknown(eval ? eval->problem : "no evaluation phase is recorded", "bits per byte");
  const ReportedResult result = eval->result();
  Finding out{Status::fail, {}, {}, "bits per byte", result.problem, eval->file};
  if (result.event && std::isfinite(result.event->val_bpb)) out.observed = result.event->val_bpb;
  if (result.event) out.evidence = fmt::format("{}:{}", eval->file, result.line);
  if (!result.problem.empty()) return out;
  if (!result.event) return unknown("no result was reported", "bits per byte");
  out.status = result.summed ? Status::pass : Status::unknown;
  out.reason = result.summed ? "reported once, and the running sums of its pass end in it"
                             : "reported once, but the running sums of its pass do not go all the way";
  return out;
}

}  // namespace pgolf::rules
