#include "engine/eval/ttt_before_scoring.h"

#include <fmt/format.h>

#include "base/progress.h"
#include "engine/core/transfer.h"
#include "engine/optim/sgd.h"

namespace pgolf {
namespace {

bool is_frozen(const std::string& name, int64_t freeze_blocks) {
  for (int64_t layer = 0; layer < freeze_blocks; ++layer)
    if (name.starts_with(fmt::format("blocks.{}.", layer))) return true;
  return name.starts_with("tok_emb.") || name.starts_with("bigram.") || name.starts_with("smear.");
}

}  // namespace

void ttt_before_scoring(Context& ctx, const Gpt& model, Params& params, const TttConfig& ttt, const ValSet& val,
                        int64_t row, Evidence evidence) {
  params.set_frozen([&](const std::string& name) { return is_frozen(name, ttt.freeze_blocks); });
  Sgd sgd(ctx, params, ttt.momentum);
  const std::vector<Window> rows = consecutive_windows(val.num_targets(), row);
  Progress progress("ttt", ttt.epochs * static_cast<int64_t>(rows.size()), "steps");
  int64_t done = 0;
  for (int64_t epoch = 0; epoch < ttt.epochs; ++epoch)
    for (const Window& w : rows) {
      if (evidence.ledger != nullptr) evidence.ledger->update("model", {{w.score_begin, w.score_end}});
      ctx.reset();
      ctx.start_tape();
      params.zero_grads(ctx);
      Pass pass;
      pass.ids = upload(ctx, std::span(val.inputs(w.begin), static_cast<size_t>(row)), {1, row});
      const Tensor targets = upload(ctx, std::span(val.targets(w.begin), static_cast<size_t>(row)), {1, row});
      ctx.backward(model.loss(ctx, pass, targets));
      sgd.step(ctx, static_cast<float>(ttt.lr));
      progress.update(++done);
    }
  progress.finish();
  params.set_frozen([](const std::string&) { return false; });
}

}  // namespace pgolf
