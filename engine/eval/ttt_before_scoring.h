// PR 334's test-time training: SGD over the whole validation stream before any of it is scored. It breaks the rule that
// every update may use scored targets alone, and the ledger that it writes says so.
#pragma once

#include "engine/eval/eval_run.h"

namespace pgolf {

// ttt.epochs passes over consecutive rows of eval.seq_len targets, one step of ttt.lr each on what ttt.trains names.
void ttt_before_scoring(EvalRun& run);

}  // namespace pgolf
