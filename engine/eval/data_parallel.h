// Training steps that every rank of a submission's world takes part in.
#pragma once

#include <functional>
#include <vector>

#include "engine/eval/eval_run.h"
#include "engine/eval/windows.h"
#include "engine/optim/rank_mean.h"

namespace pgolf {

// One rank's sequences of a step.
struct RankRows {
  int rank;
  int64_t begin, end;
};
using ParallelStep = std::vector<RankRows>;  // the ranks that have any

// The steps of one epoch over `sequences`: each rank walks through its share in batches of `batch`. A rank whose share
// has run out is left out; the originals, whose ranks wait for each other in every step, would hang there.
std::vector<ParallelStep> parallel_steps(int64_t sequences, int64_t world, int64_t batch);

// Leaves in the gradients of `mean`'s params the mean over the ranks of `step` of those of their losses, clipped to
// max_norm (0: not). loss() is asked for the ranks of this process, starts from a reset context that is recording, and
// contributes no gradient if it needs none.
void parallel_gradient(EvalRun& run, RankMean& mean, const ParallelStep& step, double max_norm,
                       const std::function<Var(const RankRows&)>& loss);

}  // namespace pgolf
