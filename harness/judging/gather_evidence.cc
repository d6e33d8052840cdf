#include "harness/judging/gather_evidence.h"

#include "base/error.h"
#include "base/sha256.h"

namespace pgolf {
namespace {

// The phase's log, unless it was edited since or is another run's: then it is no evidence.
// Errors: those of read_events.
void read_log(PhaseEvidence& evidence, const RunFacts& facts) {
  const auto path = facts.directory / evidence.file;
  const std::string& sealed = evidence.facts.events_sha256;
  if (!sealed.empty() && sha256_file(path) != sealed) {
    evidence.edited = true;
    evidence.problem = evidence.file + " is not the log that the phase left: its SHA-256 is another";
    return;
  }
  EventsFile events = read_events(path);
  if (!facts.config_sha256.empty() && events.header.config_sha256 != facts.config_sha256) {
    evidence.edited = true;
    evidence.problem = evidence.file + " is of another configuration";
    return;
  }
  evidence.events = std::move(events);
}

}  // namespace

RunEvidence gather_evidence(const RunFacts& facts) {
  RunEvidence out;
  out.facts = facts;
  for (const auto& phase : facts.phases) {
    PhaseEvidence evidence{phase, std::nullopt, phase.name + ".events.jsonl", {}};
    try {
      read_log(evidence, facts);
    } catch (const Error& e) {
      evidence.problem = e.what();
    }
    out.phases.push_back(std::move(evidence));
  }
  try {
    out.ledger = check_ledger(facts.directory / kLedgerName);
  } catch (const Error& e) {
    out.ledger_problem = e.what();
    out.ledger_damaged = e.kind() == ErrorKind::submission;
  }
  return out;
}

}  // namespace pgolf
