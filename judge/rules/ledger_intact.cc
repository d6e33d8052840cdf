// Whether the ledger is whole, and the one that the evaluation closed.
#include "judge/rules/ledger_evidence.h"

namespace pgolf::rules {

Finding ledger_intact(const RunEvidence& run, const RuleReading&) {
  const std::string other = other_ledger(run);
  if (!run.ledger) {
    if (!other.empty()) return {Status::fail, {}, {}, "", other, kLedgerName};
    return unknown("there is no ledger: " + run.ledger_problem);
  }
  const auto& summary = run.ledger->summary;
  Finding out{Status::pass, summary.head, {}, "", fmt::format("{} lines, chain intact", summary.lines), kLedgerName};
  if (!run.facts.ledger_head.empty()) out.limit = run.facts.ledger_head;
  if (!other.empty()) {
    out.status = Status::fail, out.reason = other;
    return out;
  }
  for (const auto& phase : run.phases)
    if (phase.edited) return {Status::fail, summary.head, {}, "", phase.problem, phase.file};
  if (!summary.complete)
    out.status = Status::unknown, out.reason = "the evaluation did not end, and neither does the ledger";
  else if (run.facts.ledger_head.empty())
    return unknown("the chain holds, but no head was recorded to compare it with");
  return out;
}

}  // namespace pgolf::rules
