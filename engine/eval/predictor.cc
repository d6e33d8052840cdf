#include "engine/eval/predictor.h"

#include <algorithm>
#include <numeric>

#include "engine/core/transfer.h"
#include "engine/ops/softmax_nll.h"

namespace pgolf {
namespace {
constexpr int64_t kTokensAtOnce = 256;  // of one distribution: bounds the copies of its logits
}

Segments packed_segments(Context& ctx, std::span<const int32_t> ids, int64_t bos_id, int64_t max_length) {
  const PackedRow row = packed_row(ids, bos_id, max_length);
  return {upload(ctx, row.starts, {static_cast<int64_t>(row.starts.size())}), row.longest};
}

std::vector<float> for_all_tokens(Context& ctx, const Tensor& logits_row,
                                  const std::function<std::vector<float>(const Tensor& logits, int32_t first)>& nll) {
  const int64_t V = logits_row.numel();
  std::vector<float> out;
  for (int64_t first = 0; first < V; first += kTokensAtOnce) {
    const int64_t count = std::min(kTokensAtOnce, V - first);
    const ArenaScope scope(ctx.arena());
    const Tensor logits = ctx.alloc({count, V}, logits_row.dtype);
    for (int64_t i = 0; i < count; ++i) ctx.copy(logits[i], logits_row);
    const std::vector<float> part = nll(logits, static_cast<int32_t>(first));
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

Pass ModelPredictor::pass(const WindowBatch& batch) const {
  Pass pass;
  pass.ids = upload(ctx_, batch.ids, {batch.size(), batch.row});
  pass.looping = model_.config().num_loops > 0;  // on after training
  pass.lora = lora_;
  if (pack_length_ > 0) pass.segments = packed_segments(ctx_, batch.ids, model_.bos_id(), pack_length_);
  return pass;
}

// Adapters belong to rows, and leaving positions out must pay for copying the others.
void ModelPredictor::start(const WindowBatch& batch) {
  ctx_.reset();
  scored_.clear();
  std::vector<int32_t> targets;
  for (int64_t b = 0; b < batch.size(); ++b) {
    const Window& w = batch.windows[static_cast<size_t>(b)];
    for (int64_t i = w.score_begin; i < w.score_end; ++i) {
      scored_.push_back(static_cast<int32_t>(batch.position(b, i)));
      targets.push_back(batch.targets[static_cast<size_t>(scored_.back())]);
    }
  }
  positions_ = batch.ids.size();
  started_ = {};
  if (scored_.empty()) return;
  Pass part = pass(batch);
  if (lora_ != nullptr || 2 * scored_.size() > positions_) {
    scored_.clear();
    targets = batch.targets;
  } else {
    part.scored = upload(ctx_, scored_, {static_cast<int64_t>(scored_.size())});
  }
  started_ = model_.token_nll(ctx_, part, upload(ctx_, targets, {static_cast<int64_t>(targets.size())})).value;
}

std::vector<float> ModelPredictor::finish() {
  std::vector<float> out(positions_, 0.0F);
  if (!started_.defined()) return out;
  std::vector<float> nll = download(ctx_, started_);
  if (scored_.empty()) return nll;
  for (size_t k = 0; k < scored_.size(); ++k) out[static_cast<size_t>(scored_[k])] = nll[k];
  return out;
}

std::vector<float> ModelPredictor::nll_of_all(const WindowBatch& batch, int64_t position) {
  ctx_.reset();
  const Tensor logits = model_.logits(ctx_, pass(batch));  // [B T, V]
  return for_all_tokens(ctx_, logits[position], [&](const Tensor& copies, int32_t first) {
    std::vector<int32_t> tokens(static_cast<size_t>(copies.rows()));
    std::iota(tokens.begin(), tokens.end(), first);
    return download(ctx_, softmax_nll(ctx_, copies, upload(ctx_, tokens, {copies.rows()}), 1.0F).nll);
  });
}

}  // namespace pgolf
