// Training steps that every rank of a submission's world takes part in, run one rank after the other in one process.
#pragma once

#include <functional>
#include <vector>

#include "engine/eval/windows.h"
#include "engine/model/params.h"

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

// Leaves in params the mean of the gradients of the ranks' losses, clipped to max_norm (0: not). loss() starts from a
// reset context that is recording; one that needs no gradient contributes none.
void parallel_gradient(Context& ctx, Params& params, const ParallelStep& step, double max_norm,
                       const std::function<Var(const RankRows&)>& loss);

}  // namespace pgolf
