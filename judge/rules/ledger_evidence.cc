#include "judge/rules/ledger_evidence.h"

#include "base/names.h"

namespace pgolf::rules {

std::string at_line(const std::optional<LedgerFinding>& finding) {
  return finding && finding->line > 0 ? fmt::format("{}:{}", kLedgerName, finding->line) : kLedgerName;
}

std::string other_ledger(const RunEvidence& run) {
  if (run.ledger_damaged) return run.ledger_problem;
  if (!run.ledger) return {};
  const auto& summary = run.ledger->summary;
  const auto* eval = run.phase(kEvalPhase);
  if (!summary.complete)
    return eval && eval->facts.finished ? "the evaluation ended well, yet the ledger's END line is missing: it was cut"
                                        : "";
  const auto* reported = eval ? eval->last<LedgerEvent>() : nullptr;
  const std::string& recorded = run.facts.ledger_head;
  const bool same = (recorded.empty() || recorded == summary.head) && (!reported || reported->head == summary.head);
  return same ? "" : "this is not the ledger that the evaluation closed: the recorded head is another";
}

std::string no_ledger(const RunEvidence& run) {
  if (const std::string other = other_ledger(run); !other.empty()) return "the ledger is no evidence: " + other;
  if (!run.ledger) return "there is no ledger: " + run.ledger_problem;
  if (run.ledger->summary.complete && run.facts.ledger_head.empty())
    return "the ledger is no evidence: no head was recorded to compare it with";
  return {};
}

}  // namespace pgolf::rules
