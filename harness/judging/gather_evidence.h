// Reads what a run's phases wrote: their logs and the ledger.
#pragma once

#include "judge/run_evidence.h"

namespace pgolf {

// The facts, with the files of facts.directory beside them. What is missing or damaged is noted, not thrown.
RunEvidence gather_evidence(const RunFacts& facts);

}  // namespace pgolf
