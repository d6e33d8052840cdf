// PR 334's test-time training: SGD over the whole validation stream before any of it is scored. It breaks the rule that
// every update may use scored targets alone, and the ledger that it writes says so.
#pragma once

#include "engine/eval/scorer.h"
#include "engine/model/params.h"

namespace pgolf {

// ttt.epochs passes over consecutive rows of `row` targets, one SGD step each (ttt.lr, ttt.momentum, float32, no clipping).
// Token and bigram embeddings, the smear gate and the first ttt.freeze_blocks blocks stay fixed.
void ttt_before_scoring(Context& ctx, const Gpt& model, Params& params, const TttConfig& ttt, const ValSet& val,
                        int64_t row, Evidence evidence);

}  // namespace pgolf
