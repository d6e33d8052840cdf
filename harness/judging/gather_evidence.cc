#include "harness/judging/gather_evidence.h"

#include <algorithm>

#include "base/error.h"
#include "base/sha256.h"
#include "harness/run/own_files.h"

namespace pgolf {
namespace {

// The phase's log counts as evidence unless somebody edited it or it is another run's.
// Errors: those of read_events.
void read_log(PhaseEvidence& evidence, const RunFacts& facts) {
  const auto path = facts.directory / evidence.file;
  const std::string& sealed = evidence.facts.events_sha256;
  std::error_code missing;
  const bool too_long = std::filesystem::file_size(path, missing) > kMostEventLogBytes && !missing;
  if (!sealed.empty() && (too_long || sha256_file(path) != sealed)) {
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

// Ten times what the evaluators of this program write: scopes and passes are a handful, some per rank, and each window,
// chunk or document has a few records, where neighbours are not one line.
LedgerBounds ledger_bounds(const RunFacts& facts) {
  if (!facts.config) return {};
  const Config& c = *facts.config;
  const int64_t unit =
      c.ttt.enabled ? std::min({c.eval.stride, c.ttt.doc_chunk_tokens, c.ttt.chunk_tokens}) : c.eval.stride;
  const double per_unit = 10.0 * static_cast<double>(1 + (c.ttt.enabled ? c.ttt.epochs : 0));
  return {c.train.world_size, 10 * (1 + c.train.world_size), 10,
          std::min(1.0, per_unit / static_cast<double>(std::max<int64_t>(unit, 1)))};
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
      evidence.problem = without_path(e.what(), facts.directory);
    }
    out.phases.push_back(std::move(evidence));
  }
  try {
    out.ledger = check_ledger(facts.directory / kLedgerName, ledger_bounds(facts));
  } catch (const Error& e) {
    out.ledger_problem = without_path(e.what(), facts.directory);
    out.ledger_damaged = e.kind() == ErrorKind::submission;
  }
  return out;
}

}  // namespace pgolf
