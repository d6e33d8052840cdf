#include "harness/judging/gather_evidence.h"

#include <algorithm>

#include "base/error.h"
#include "harness/run/ingest.h"
#include "harness/run/own_files.h"

namespace pgolf {
namespace {

// Errors: those of read_phase_log.
void read_log(PhaseEvidence& evidence, const RunFacts& facts) {
  PhaseLog log = read_phase_log(facts.directory / evidence.file, evidence.facts.events_sha256, facts.config_sha256);
  evidence.edited = !log.problem.empty();
  evidence.problem = log.problem;
  evidence.events = std::move(log.events);
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
