// What an artifact that is not adapted makes of the validation text and of its twin (engine/data/twin.h).
#pragma once

#include "engine/eval/eval_run.h"
#include "engine/phase/phase.h"

namespace pgolf {

// Where the data have a twin: scores both in consecutive windows with the model as it stands, before anything adapts,
// and writes the sums over their documents. Nothing of it goes to the ledger, and no state changes.
void score_twin(EvalRun& run, const PhaseOptions& options);

}  // namespace pgolf
