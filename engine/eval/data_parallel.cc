#include "engine/eval/data_parallel.h"

#include <algorithm>

#include "engine/optim/flat.h"

namespace pgolf {

std::vector<ParallelStep> parallel_steps(int64_t sequences, int64_t world, int64_t batch) {
  std::vector<ParallelStep> steps;
  for (int64_t rank = 0; rank < world; ++rank) {
    const Share share = rank_share(sequences, rank, world);
    size_t step = 0;
    for (int64_t begin = share.begin; begin < share.end; begin += batch, ++step) {
      if (step == steps.size()) steps.emplace_back();
      steps[step].push_back({static_cast<int>(rank), begin, std::min(begin + batch, share.end)});
    }
  }
  return steps;
}

void parallel_gradient(EvalRun& run, RankMean& mean, const ParallelStep& step, double max_norm,
                       const std::function<Var(const RankRows&)>& loss) {
  Context& ctx = run.ctx;
  run.params.zero_grads(ctx);
  const RankRange own = run.ranks();
  for (int rank = own.begin; rank < own.end; ++rank) {
    const auto rows = std::find_if(step.begin(), step.end(), [&](const RankRows& r) { return r.rank == rank; });
    if (rows != step.end()) {
      ctx.reset();
      ctx.start_tape();
      const Var value = loss(*rows);
      value.needs_grad() ? ctx.backward(value) : ctx.stop_tape();
    }
    mean.add(ctx);
  }
  mean.finish(ctx, static_cast<int64_t>(step.size()));
  if (max_norm > 0) clip_to_norm(ctx, run.params.flat_grads(), static_cast<float>(max_norm));
}

}  // namespace pgolf
