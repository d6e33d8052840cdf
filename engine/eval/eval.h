// The evaluation phase: artifact and validation data in; ledger.jsonl, eval.events.jsonl and the result in it out.
#pragma once

#include "engine/eval/eval_run.h"
#include "engine/phase/phase.h"

namespace pgolf {

// The passes of a configuration over the model as it stands, with its test-time training.
void evaluate(EvalRun& run);

// Loads options.artifact, adapts and scores it on options.data_dir/val as options.pinned says. Every score and update
// goes to the ledger. Errors: those of engine/codec and engine/data; submission if a loss is not finite.
void run_eval(const PhaseOptions& options);

// Scores options.checkpoint ("prequant") and options.artifact ("quantized") in the plain pass, without adaptation and
// without a ledger: what quantisation costs. Nothing is judged by it.
void run_diagnose(const PhaseOptions& options);

}  // namespace pgolf
