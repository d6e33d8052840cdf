// Whether our engine, given the artifact alone, comes to the same.
#include <cmath>

#include "judge/rules/rules.h"

namespace pgolf::rules {
namespace {

constexpr char kUnit[] = "bits per byte";

// Why the audit says nothing of this run; "" if it does.
std::string no_audit(const RunFacts& facts) {
  if (!facts.audit) return "nobody scored its artifact again here; `pgolf audit` does";
  const AuditFacts& audit = *facts.audit;
  if (!audit.problem.empty()) return audit.problem;
  if (audit.artifact_sha256 != facts.artifact_sha256) return "what was scored again is not the artifact that is there";
  if (!audit.own_engine) return "it was scored again by another engine than pgolf's own";
  return audit.found_bpb ? "" : "scored again it gave no result";
}

Finding scored_again(const RunEvidence& run, const RuleReading& reading) {
  const AuditFacts& audit = *run.facts.audit;
  if (!audit.claimed_bpb) return unknown("the run has no result to be scored again", kUnit);
  Finding out{Status::fail, *audit.found_bpb, *audit.claimed_bpb, kUnit, {}, "artifact.bin"};
  if (!audit.ledger_difference.empty()) {
    out.reason = audit.ledger_difference, out.evidence = audit.ledger_at;
    return out;
  }
  out.reason = fmt::format("scored again on {}", audit.device);
  if (audit.difference.empty()) {
    out.status = Status::pass, out.reason += ": the same bits, and the ledger byte for byte";
    return out;
  }
  out.evidence = audit.difference_at;
  const double apart = std::abs(*audit.found_bpb - *audit.claimed_bpb), tolerance = reading.number("tolerance_bpb");
  if (!audit.same_kind && apart <= tolerance) {
    out.status = Status::pass;
    out.reason += fmt::format(": within {:.2g} of a tolerance of {} for another engine or kind of device; {}", apart,
                              tolerance, audit.difference);
    return out;
  }
  out.reason += fmt::format(", {}: {}",
                            audit.same_kind ? "where every bit must be the same"
                                            : fmt::format("{:.3g} apart, tolerance {}", apart, tolerance),
                            audit.difference);
  return out;
}

}  // namespace

Finding audited(const RunEvidence& run, const RuleReading& reading) {
  if (const std::string why = no_audit(run.facts); !why.empty()) return unknown(why, kUnit);
  Finding out = scored_again(run, reading);
  const std::optional<StepAudit>& steps = run.facts.audit->steps;
  if (out.status != Status::pass || !steps || !steps->same_kind) return out;
  if (steps->difference.empty()) {
    out.reason +=
        fmt::format("; {} steps drawn, {} trained again: the same bits", steps->drawn.size(), steps->replayed);
    return out;
  }
  out.status = Status::fail, out.reason = "trained again: " + steps->difference, out.evidence = steps->difference_at;
  return out;
}

}  // namespace pgolf::rules
