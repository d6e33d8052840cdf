#include "engine/eval/scored_pass.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "engine/eval/probes.h"

namespace pgolf {
namespace {

constexpr int64_t kStreamPoints = 200;  // points of the bpb curve over the validation stream

int64_t num_scores(std::span<const Window> windows) {
  int64_t n = 0;
  for (const Window& w : windows) n += w.score_end - w.score_begin;
  return n;
}

ScoreSum sum_of(const std::vector<ScoreSum>& parts) {
  ScoreSum sum;
  for (const ScoreSum& part : parts) sum.add(part);
  return sum;
}

}  // namespace

ScoredPass::ScoredPass(EvalRun& run, const PassInfo& info, int64_t expected)
    : run_(run),
      info_(info),
      start_(std::chrono::steady_clock::now()),
      progress_(info.name, expected, "targets"),
      stream_every_(std::max<int64_t>(expected / kStreamPoints, 1)),
      next_point_(stream_every_),
      sums_(static_cast<size_t>(run.ranks().size())) {
  if (info.headline && run.config.eval.probes > 0)
    probes_ = std::make_unique<Probes>(run.evidence.events, info.name, run.val.num_targets(), run.config.eval.probes,
                                       run.seed, run.model.config().vocab_size);
  run.evidence.events.write(StreamEvent{.name = info.name});  // it began: what breaks off is known by name
}

ScoredPass::~ScoredPass() = default;

void ScoredPass::announce(const WindowBatch& batch, const Scopes& reads, int rank) {
  if (run_.evidence.ledger == nullptr) return;
  TargetRanges ranges;
  for (const Window& w : batch.windows) ranges.push_back({w.score_begin, w.score_end});
  run_.evidence.ledger->score(info_.name, ranges, reads, rank);
}

void ScoredPass::probe(const WindowBatch& batch, Predictor& predictor) {
  if (probes_ != nullptr) probes_->run(batch, predictor);
}

void ScoredPass::count(const WindowBatch& batch, std::span<const float> nll, int rank) {
  ScoreSum& sum = sums_[static_cast<size_t>(rank - run_.ranks().begin)];
  for (int64_t b = 0; b < batch.size(); ++b) {
    const Window& w = batch.windows[static_cast<size_t>(b)];
    for (int64_t i = w.score_begin; i < w.score_end; ++i) {
      const float value = nll[static_cast<size_t>(batch.position(b, i))];
      if (!std::isfinite(value))
        fail(ErrorKind::submission,
             "the loss of validation target {} is {}; the weights are damaged, or training on "
             "validation text diverged",
             i, value);
      sum.nll += value;
      sum.bytes += run_.val.bytes(i);
    }
    sum.targets += w.score_end - w.score_begin;
  }
  run_.comm.beat();
  const ScoreSum so_far = sum_of(sums_);
  if (so_far.targets >= next_point_) write_point(so_far);
  if (so_far.bytes > 0) progress_.update(so_far.targets, fmt::format("val_bpb {:.4f}", so_far.score().val_bpb));
}

void ScoredPass::write_point(const ScoreSum& sum) {
  run_.evidence.events.write(
      StreamEvent{.name = info_.name, .targets = sum.targets, .nll = sum.nll, .bytes = sum.bytes});
  next_point_ = sum.targets + stream_every_;
}

void ScoredPass::score(const WindowBatch& batch, Predictor& predictor, const Scopes& reads, int rank) {
  announce(batch, reads, rank);
  probe(batch, predictor);
  count(batch, predictor.nll(batch), rank);
}

// Over all ranks, in every process.
ScoreSum ScoredPass::collect() const { return run_.comm.broadcast_value(sum_of(run_.comm.gather_values(sums_))); }

ScoreSum ScoredPass::finish() {
  const ScoreSum sum = collect();
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start_;
  if (sum.bytes == 0)
    fail(ErrorKind::submission, "pass '{}' scored no byte of text; prepare more documents", info_.name);
  if (next_point_ != sum.targets + stream_every_) write_point(sum);  // the last one is of the result
  const Score score = sum.score();
  sync_ranks(run_);
  if (run_.evidence.ledger != nullptr) run_.evidence.ledger->sync_file();  // whatever becomes of the next pass
  run_.evidence.events.write(ValidationEvent{.name = info_.name,
                                             .weights = info_.weights,
                                             .val_loss = score.val_loss,
                                             .val_bpb = score.val_bpb,
                                             .targets = sum.targets,
                                             .bytes = sum.bytes,
                                             .elapsed_ms = elapsed.count(),
                                             .headline = info_.headline});
  run_.evidence.events.sync();
  progress_.finish(fmt::format("val_bpb {:.4f}", score.val_bpb));
  return sum;
}

namespace {

// Each rank scores its share of the windows. While the device works on one batch, the host makes and announces the next
// and counts the one before.
ScoreSum score_all(EvalRun& run, const PassInfo& info, std::span<const Window> windows, int64_t row, int64_t batch,
                   ModelPredictor& predictor, const OnScored& on_scored = {}) {
  ScoredPass pass(run, info, num_scores(windows));
  struct Running {
    WindowBatch batch;
    int rank = 0;
  };
  std::optional<Running> running;
  const auto go_on = [&](std::optional<Running> next) {
    if (next) pass.announce(next->batch, {kModelScope}, next->rank);
    const std::vector<float> nll = running ? predictor.finish() : std::vector<float>{};
    if (next) pass.probe(next->batch, predictor), predictor.start(next->batch);
    if (running) pass.count(running->batch, nll, running->rank);
    if (running && on_scored) on_scored(running->batch, nll, running->rank);
    running = std::move(next);
  };
  for (int rank = run.ranks().begin; rank < run.ranks().end; ++rank) {
    const Share share = rank_share(static_cast<int64_t>(windows.size()), rank, run.world());
    for (int64_t done = share.begin; done < share.end; done += batch) {
      const int64_t count = std::min(batch, share.end - done);
      go_on(
          Running{gather(run.val, windows.subspan(static_cast<size_t>(done), static_cast<size_t>(count)), row), rank});
    }
  }
  go_on({});
  return pass.finish();
}

}  // namespace

ScoreSum score_plain(EvalRun& run, const PassInfo& info) {
  const EvalConfig& eval = run.config.eval;
  const std::vector<Window> windows = plain_windows(run.config, run.val.num_targets());
  if (windows.empty())
    fail(ErrorKind::submission,
         "the validation set has {} targets, too few for one batch of pass '{}'; prepare more "
         "documents or lower eval.packed_batch_tokens",
         run.val.num_targets(), info.name);
  const bool packed = eval.plain == PlainPass::packed;
  ModelPredictor predictor(run.ctx, run.model, nullptr, packed ? eval.seq_len : 0);
  return packed ? score_all(run, info, windows, windows.front().length, 1, predictor)
                : score_all(run, info, windows, eval.seq_len, eval.batch_seqs, predictor);
}

ScoreSum score_sliding(EvalRun& run, const PassInfo& info) {
  const EvalConfig& eval = run.config.eval;
  ModelPredictor predictor(run.ctx, run.model);
  return score_all(run, info, sliding_windows(eval.sliding_form, run.val.num_targets(), eval.seq_len, eval.stride),
                   eval.seq_len, eval.batch_seqs, predictor);
}

ScoreSum score_consecutive(EvalRun& run, const PassInfo& info, const OnScored& on_scored) {
  const EvalConfig& eval = run.config.eval;
  ModelPredictor predictor(run.ctx, run.model);
  return score_all(run, info, consecutive_windows(run.val.num_targets(), eval.seq_len), eval.seq_len, eval.batch_seqs,
                   predictor, on_scored);
}

}  // namespace pgolf
