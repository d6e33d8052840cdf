// Global SGD of PR 2143 and 2097: the base model is trained on documents that have been scored.
#pragma once

#include <span>

#include "engine/eval/eval_run.h"
#include "engine/eval/val_documents.h"

namespace pgolf {

// The documents' tokens, one after the other, are cut into chunks of ttt.chunk_tokens; the last chunk is left out. A
// chunk gives whole sequences of eval.seq_len, of which each rank takes its share as one packed row per step, with
// segments at BOS and every eval.seq_len tokens. Gradients are averaged over ranks with equal weight, clipped to
// ttt.max_norm, and applied with ttt.lr · ½(1 + cos(π c/(N-1))) in chunk c of N by an optimizer that starts afresh.
void train_on_documents(EvalRun& run, std::span<const Document> documents);

}  // namespace pgolf
