// Whether each phase had one attempt.
#include <fmt/ranges.h>

#include "judge/rules/rules.h"

namespace pgolf::rules {

Finding phases_ran_once(const RunEvidence& run, const RuleReading&) {
  const auto& earlier = run.facts.earlier;
  Finding out{Status::pass, static_cast<int64_t>(earlier.size()), 0, "earlier attempts", {}, "record"};
  if (run.phases.empty()) return unknown("no phase is recorded", out.unit, out.limit);
  if (earlier.empty()) out.reason = "each phase was started once";
  std::vector<std::string> told;
  for (const EarlierAttempt& attempt : earlier) {
    if (out.status == Status::pass) out.status = Status::warn;
    if (attempt.well || !attempt.fault.empty()) out.status = Status::fail;
    told.push_back(fmt::format("attempt {} at {}: {}{}", attempt.number, attempt.phase, attempt.end,
                               attempt.fault.empty() ? "" : " (" + attempt.fault + ")"));
  }
  if (!told.empty()) out.reason = fmt::format("{}; only the last attempt is judged", fmt::join(told, "; "));
  return out;
}

}  // namespace pgolf::rules
