#include "engine/eval/scorer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/error.h"
#include "base/progress.h"
#include "engine/core/transfer.h"

namespace pgolf {
namespace {
constexpr size_t kStreamPoints = 200;  // points of the bpb curve over the validation stream

TargetRanges scored_targets(std::span<const Window> windows) {
  TargetRanges ranges;
  for (const Window& w : windows) ranges.push_back({w.score_begin, w.score_end});
  return ranges;
}
}  // namespace

void ScoreSum::add(double target_nll, int64_t target_bytes) {
  nll += target_nll;
  targets += 1;
  bytes += target_bytes;
}

ScoreSum Scorer::run(const PassInfo& info, std::span<const Window> windows) {
  const auto start = std::chrono::steady_clock::now();
  Progress progress(info.name, static_cast<int64_t>(windows.size()), "windows");
  const size_t stream_every = std::max<size_t>(windows.size() / kStreamPoints, 1);
  size_t next_point = stream_every;
  ScoreSum sum;
  for (size_t done = 0; done < windows.size();) {
    const auto batch = windows.subspan(done, std::min(static_cast<size_t>(batch_), windows.size() - done));
    if (evidence_.ledger != nullptr) evidence_.ledger->score(info.name, scored_targets(batch));
    score_batch(batch, sum);
    done += batch.size();
    if (done >= next_point || done == windows.size()) {
      evidence_.events.write(StreamEvent{.name = info.name, .targets = sum.targets, .nll = sum.nll, .bytes = sum.bytes});
      next_point = done + stream_every;
    }
    progress.update(static_cast<int64_t>(done), fmt::format("val_bpb {:.4f}", sum.score().val_bpb));
  }
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
  const Score score = sum.score();
  evidence_.events.write(ValidationEvent{.name = info.name,
                                         .weights = info.weights,
                                         .val_loss = score.val_loss,
                                         .val_bpb = score.val_bpb,
                                         .targets = sum.targets,
                                         .bytes = sum.bytes,
                                         .elapsed_ms = elapsed.count(),
                                         .headline = info.headline});
  progress.finish(fmt::format("val_bpb {:.4f}", score.val_bpb));
  return sum;
}

void Scorer::score_batch(std::span<const Window> windows, ScoreSum& sum) {
  const auto B = static_cast<int64_t>(windows.size());
  std::vector<int32_t> ids(static_cast<size_t>(B * row_), 0), targets(ids.size(), 0);  // [B, row]
  for (int64_t b = 0; b < B; ++b) {
    const Window& w = windows[static_cast<size_t>(b)];
    std::copy_n(val_.inputs(w.begin), w.length, ids.begin() + b * row_);
    std::copy_n(val_.targets(w.begin), w.length, targets.begin() + b * row_);
  }
  ctx_.reset();
  Pass pass;
  pass.ids = upload(ctx_, ids, {B, row_});
  pass.looping = model_.config().num_loops > 0;
  const Var nll = model_.token_nll(ctx_, pass, upload(ctx_, targets, {B, row_}));
  const std::vector<float> values = download(ctx_, nll.value);  // [B * row]
  for (int64_t b = 0; b < B; ++b) {
    const Window& w = windows[static_cast<size_t>(b)];
    for (int64_t i = w.score_begin; i < w.score_end; ++i) {
      const float value = values[static_cast<size_t>(b * row_ + i - w.begin)];
      if (!std::isfinite(value))
        fail(ErrorKind::submission, "the loss of validation target {} is {}; the weights are damaged", i, value);
      sum.add(value, val_.bytes(i));
    }
  }
}

}  // namespace pgolf
