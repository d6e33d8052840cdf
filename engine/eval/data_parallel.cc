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

void parallel_gradient(Context& ctx, Params& params, const ParallelStep& step, double max_norm,
                       const std::function<Var(const RankRows&)>& loss) {
  params.zero_grads(ctx);
  for (const RankRows& rows : step) {
    ctx.reset();
    ctx.start_tape();
    const Var value = loss(rows);
    if (value.needs_grad())
      ctx.backward(value, 1.0F / static_cast<float>(step.size()));
    else
      ctx.stop_tape();
  }
  if (max_norm > 0) clip_to_norm(ctx, params.flat_grads(), static_cast<float>(max_norm));
}

}  // namespace pgolf
