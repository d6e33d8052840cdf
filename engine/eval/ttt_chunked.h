// Test-time training by chunks of the validation stream (PR 754, 849): score a chunk, then train on it.
#pragma once

#include "engine/eval/scored_pass.h"

namespace pgolf {

// Every rank scores its share of a chunk's windows, then all train the base model on the chunk's whole rows: ttt.epochs
// epochs, gradients averaged over ranks, learning rate ttt.lr · ½(1 + cos(π c/(N-1))) · ramp in chunk c of N. The last
// chunk is not trained on. With PR 849's options the loss weighs targets by their bytes, scores come from an average of
// the weights and through a mixture with per-rank weights, and training ends after ttt.time_limit_seconds, which is
// recorded. With PR 754's ttt.qat training rounds weights as late QAT does, and scoring does not.
ScoreSum ttt_chunked(EvalRun& run, const PassInfo& info);

}  // namespace pgolf
