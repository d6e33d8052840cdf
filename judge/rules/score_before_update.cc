// Whether every target was scored before an update saw it.
#include <fmt/ranges.h>

#include "judge/rules/ledger_evidence.h"

namespace pgolf::rules {

Finding score_before_update(const RunEvidence& run, const RuleReading& reading) {
  if (const auto problem = no_ledger(run); !problem.empty()) return unknown(problem, "targets", 0);
  const auto& c = run.ledger->check;
  const int64_t early = c.unscored + c.concurrent + c.discarded;
  Finding out{Status::pass, std::max(early, c.leaked), 0, "targets", {}, kLedgerName};
  const LedgerFinding* breach = nullptr;
  if (c.unscored > 0)
    breach = &*c.first_unscored;
  else if (c.leaked > 0)
    breach = &*c.first_leaked;
  else if (c.concurrent > 0 && !reading.flag("concurrent"))
    breach = &*c.first_concurrent;
  else if (c.discarded > 0 && !reading.flag("discarded"))
    breach = &*c.first_discarded;
  if (breach) {
    out.status = Status::fail;
    out.evidence = at_line(*breach);
    std::vector<std::string> said;
    if (early > 0) said.push_back(fmt::format("{} target updates came before their score", with_commas(early)));
    if (c.leaked > 0)
      said.push_back(fmt::format("{} targets were scored by a state fitted to them", with_commas(c.leaked)));
    out.reason = fmt::format("{}", fmt::join(said, ", "));
    out.reason += "; first: " + breach->what;
    return out;
  }
  if (!run.ledger->summary.complete) {
    out.status = Status::unknown;
    out.reason = "no breach up to the point where the ledger breaks off";
  } else if (c.scored == 0) {
    out.status = Status::unknown;
    out.reason = fmt::format("pass '{}' scored nothing", c.header.headline);
  } else if (c.concurrent + c.discarded > 0) {
    out.status = Status::warn;
    const auto& finding = c.concurrent > 0 ? c.first_concurrent : c.first_discarded;
    out.reason = "tolerated: " + finding->what;
    out.evidence = at_line(finding);
  } else if (c.updates == 0) {
    out.reason = "nothing was learned from validation tokens";
  } else {
    out.reason = fmt::format("each of {} target updates came after its score", with_commas(c.updated));
  }
  return out;
}

}  // namespace pgolf::rules
