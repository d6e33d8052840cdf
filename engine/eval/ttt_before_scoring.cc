#include "engine/eval/ttt_before_scoring.h"

#include "base/progress.h"
#include "engine/core/transfer.h"
#include "engine/eval/base_optimizer.h"
#include "engine/eval/data_parallel.h"
#include "engine/eval/trainable.h"

namespace pgolf {

void ttt_before_scoring(EvalRun& run) {
  const TttConfig& ttt = run.config.ttt;
  const int64_t row = run.config.eval.seq_len;
  run.params.set_frozen([&](const std::string& name) { return !ttt_trains(ttt, run.config.model.num_layers, name); });
  BaseOptimizer optimizer(run.ctx, run.params, run.config);
  RankMean mean(run.ctx, run.params, run.comm, run.world());
  const std::vector<Window> rows = consecutive_windows(run.val.num_targets(), row);
  Progress progress("ttt", ttt.epochs * static_cast<int64_t>(rows.size()), "steps");
  int64_t done = 0;
  for (int64_t epoch = 0; epoch < ttt.epochs; ++epoch)
    for (const Window& w : rows) {
      record_update(run, kModelScope, {{w.score_begin, w.score_end}});
      parallel_gradient(run, mean, {{0, 0, 1}}, ttt.max_norm, [&](const RankRows&) {
        Pass pass;
        pass.ids = upload(run.ctx, std::span(run.val.inputs(w.begin), static_cast<size_t>(row)), {1, row});
        const Tensor targets = upload(run.ctx, std::span(run.val.targets(w.begin), static_cast<size_t>(row)), {1, row});
        return run.model.loss(run.ctx, pass, targets);
      });
      optimizer.step(run.ctx, ttt.lr);
      progress.update(++done);
    }
  progress.finish();
  run.params.set_frozen([](const std::string&) { return false; });
}

}  // namespace pgolf
