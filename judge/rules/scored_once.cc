// Whether every target of the stream was scored, and once.
#include "base/names.h"
#include "judge/rules/ledger_evidence.h"

namespace pgolf::rules {

Finding scored_once(const RunEvidence& run, const RuleReading& reading) {
  if (const auto problem = no_ledger(run); !problem.empty()) return unknown(problem, "targets", 0);
  const auto& c = run.ledger->check;
  const int64_t expected = run.facts.val_targets.value_or(c.header.targets);
  const int64_t missing = c.missing + std::max<int64_t>(0, expected - c.header.targets);
  const int64_t max_repeated = reading.integer("max_repeated"), max_missing = reading.integer("max_missing");
  Finding out{Status::pass, missing + c.repeated, 0, "targets", {}, kLedgerName};
  if (max_repeated + max_missing > 0)
    out.limit = fmt::format("{} repeated, {} missing", with_commas(max_repeated), with_commas(max_missing));
  out.reason = fmt::format("{} targets, {} of them scored, {} scored again", with_commas(expected),
                           with_commas(c.scored), with_commas(c.repeated));
  if (c.first_missing) out.reason += "; " + c.first_missing->what;
  if (c.first_repeated) out.reason += "; first: " + c.first_repeated->what, out.evidence = at_line(c.first_repeated);
  if (missing > max_missing || c.repeated > max_repeated)
    out.status = Status::fail;
  else if (missing + c.repeated > 0)
    out.status = Status::warn;
  if (expected > 0 && c.scored == 0) out.status = run.ledger->summary.complete ? Status::fail : Status::unknown;
  if (!run.ledger->summary.complete && out.status != Status::pass)
    out.status = c.repeated > max_repeated ? Status::fail : Status::unknown, out.reason += "; the ledger breaks off";
  const auto* eval = run.phase(kEvalPhase);
  const ValidationEvent* result = eval ? eval->result().event : nullptr;
  const int64_t counted = c.pass_targets.contains(c.header.headline) ? c.pass_targets.at(c.header.headline) : 0;
  if (c.header.targets > expected) {
    out.status = Status::fail;
    out.reason = fmt::format("the ledger is of {} targets, the validation stream has {}", with_commas(c.header.targets),
                             with_commas(expected));
  } else if (result && (result->name != c.header.headline || result->targets != counted)) {
    out.status = Status::fail;
    out.reason = fmt::format("the result is the mean of {} targets of pass '{}', the ledger has {} of pass '{}'",
                             with_commas(result->targets), result->name, with_commas(counted), c.header.headline);
  } else if (!result && out.status == Status::pass) {
    out.status = Status::unknown;
    out.reason += "; no result was reported";
  }
  return out;
}

}  // namespace pgolf::rules
