#include "engine/eval/ttt_chunked.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "base/names.h"
#include "engine/core/transfer.h"
#include "engine/eval/base_optimizer.h"
#include "engine/eval/data_parallel.h"
#include "engine/eval/mixture_predictor.h"
#include "engine/eval/trainable.h"
#include "engine/eval/weight_average.h"
#include "engine/ops/cross_entropy.h"

namespace pgolf {
namespace {

constexpr double kRampEnd = 0.3;  // of the chunks

int64_t largest_id(const ValSet& val) {
  return *std::max_element(val.inputs(0), val.inputs(0) + val.num_targets() + 1);
}

int64_t num_scores(const std::vector<std::vector<Window>>& chunks) {
  int64_t n = 0;
  for (const auto& chunk : chunks)
    for (const Window& w : chunk) n += w.score_end - w.score_begin;
  return n;
}

// What ttt.qat rounds: test-time training of PR 754 runs eagerly, where the flag that its compiled training had folded
// away reaches the linears outside the banks. No script penalises there.
QatConfig rounding(QatConfig qat) {
  if (qat.scope == QatScope::none) qat.scope = QatScope::small_linears;
  qat.crown_q_lambda = 0;
  return qat;
}

class ChunkedTtt {
 public:
  ChunkedTtt(EvalRun& run, const PassInfo& info)
      : run_(run),
        ttt_(run.config.ttt),
        row_(run.config.eval.seq_len),
        chunks_(windows_by_chunk(run.val.num_targets(), row_, run.config.eval.stride, ttt_.chunk_tokens)),
        pass_(run, info, num_scores(chunks_)),
        optimizer_(run.ctx, run.params, run.config),
        mean_(run.ctx, run.params, run.comm, run.world()),
        qat_{rounding(run.config.qat), 1.0},
        start_(std::chrono::steady_clock::now()) {
    if (ttt_.mixer) counts_.emplace(largest_id(run.val) + 1, ttt_.mixer_entropy_expert ? 1 : 0);
    for (int rank = run.ranks().begin; rank < run.ranks().end; ++rank)
      predictors_.emplace_back(run.ctx, run.model, ttt_, counts_ ? &*counts_ : nullptr);
    if (ttt_.polyak_decay > 0) average_.emplace(run.ctx, run.params, ttt_.polyak_decay);
    run.params.set_frozen(
        [&](const std::string& name) { return !ttt_trains(ttt_, run.config.model.num_layers, name); });
  }

  ScoreSum run() {
    for (size_t c = 0; c < chunks_.size(); ++c) {
      if (chunks_[c].empty()) continue;
      score_chunk(c);
      if (c + 1 < chunks_.size() && ttt_.epochs > 0 && within_time(c)) train_chunk(c);
    }
    run_.params.set_frozen([](const std::string&) { return false; });
    return pass_.finish();
  }

 private:
  TargetRange chunk_targets(size_t c) const {
    const int64_t begin = static_cast<int64_t>(c) * ttt_.chunk_tokens;
    return {begin, std::min(begin + ttt_.chunk_tokens, run_.val.num_targets())};
  }

  void score_chunk(size_t c) {
    const bool averaged = average_ && c > 0;
    if (averaged) average_->swap_in(run_.ctx);
    for (int rank = run_.ranks().begin; rank < run_.ranks().end; ++rank) {
      const Share share = rank_share(static_cast<int64_t>(chunks_[c].size()), rank, run_.world());
      for (int64_t begin = share.begin; begin < share.end; begin += ttt_.batch_seqs)
        score_batch(rank, std::span(chunks_[c])
                              .subspan(static_cast<size_t>(begin),
                                       static_cast<size_t>(std::min(ttt_.batch_seqs, share.end - begin))));
      // A rank counts the whole chunk as soon as its own share is scored: it does not wait for the others.
      if (counts_) record_update(run_, rank_scope("mixer", rank), {before(chunk_targets(c))}, rank);
    }
    if (counts_) count_chunk(chunk_targets(c));
    if (averaged) average_->swap_out(run_.ctx);
  }

  void score_batch(int rank, std::span<const Window> windows) {
    MixturePredictor& predictor = predictors_[static_cast<size_t>(rank - run_.ranks().begin)];
    const std::string mixer = rank_scope("mixer", rank);
    Scopes reads{kModelScope};
    if (predictor.mixing()) reads.push_back(mixer);
    const WindowBatch batch = gather(run_.val, windows, row_);
    pass_.score(batch, predictor, reads, rank);
    if (!predictor.mixing()) return;
    TargetRanges seen;
    for (const Window& w : windows) seen.push_back({w.begin, w.begin + w.length});
    record_update(run_, mixer, seen, rank, reads);
    predictor.learn();
  }

  // Ids begin..end inclusive are counted: the first is the target before the chunk's.
  static TargetRange before(const TargetRange& chunk) { return {std::max<int64_t>(chunk.begin - 1, 0), chunk.end}; }
  void count_chunk(const TargetRange& chunk) {
    counts_->update(std::span(run_.val.inputs(chunk.begin), static_cast<size_t>(chunk.end - chunk.begin + 1)));
  }

  // Whether there is time to train on chunk `c`: by the clock, or as it was in the run that is replayed.
  bool within_time(size_t c) {
    if (stopped_ || ttt_.time_limit_seconds == 0) return !stopped_;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
    const auto chunk = static_cast<int64_t>(c);
    const bool in_time = run_.comm.broadcast_value(run_.schedule ? chunk < run_.schedule->ttt_chunks.value_or(chunk + 1)
                                                                 : elapsed.count() < ttt_.time_limit_seconds);
    if (in_time) return true;
    run_.evidence.events.write(TimeoutEvent{.name = kTttPass, .done = chunk});
    run_.evidence.events.write(WarningEvent{fmt::format(
        "ttt: {} s have passed after chunk {} of {}; from here on chunks are scored without being trained on",
        ttt_.time_limit_seconds, c + 1, chunks_.size())});
    stopped_ = true;
    return false;
  }

  double learning_rate(size_t c) const {
    const auto chunk = static_cast<double>(c), N = static_cast<double>(chunks_.size());
    const double cosine = 0.5 * (1.0 + std::cos(std::numbers::pi * chunk / std::max(N - 1.0, 1.0)));
    const double ramp = std::min(chunk / std::max(N * kRampEnd, 1.0), 1.0);
    return ttt_.lr * cosine * (1.0 + (ttt_.lr_ramp - 1.0) * ramp);
  }

  void train_chunk(size_t c) {
    const TargetRange chunk = chunk_targets(c);
    const auto steps = parallel_steps((chunk.end - chunk.begin) / row_, run_.world(), ttt_.batch_seqs);
    if (steps.empty()) return;
    sync_ranks(run_);  // the first reduction of gradients
    for (int64_t epoch = 0; epoch < ttt_.epochs; ++epoch)
      for (const ParallelStep& step : steps) {
        for (const RankRows& rows : step)
          record_update(run_, kModelScope, {{chunk.begin + rows.begin * row_, chunk.begin + rows.end * row_}},
                        rows.rank);
        parallel_gradient(run_, mean_, step, ttt_.max_norm, [&](const RankRows& rows) {
          return training_loss(chunk.begin + rows.begin * row_, rows.end - rows.begin);
        });
        optimizer_.step(run_.ctx, learning_rate(c));
        if (average_) average_->add(run_.ctx);
      }
    sync_ranks(run_);
  }

  // Of `rows` whole rows from target `begin` on.
  Var training_loss(int64_t begin, int64_t rows) {
    std::vector<Window> windows;
    for (int64_t r = 0; r < rows; ++r)
      windows.push_back({begin + r * row_, row_, begin + r * row_, begin + (r + 1) * row_});
    const WindowBatch batch = gather(run_.val, windows, row_);
    Context& ctx = run_.ctx;
    Pass pass = ModelPredictor(ctx, run_.model).pass(batch);
    if (ttt_.qat) pass.qat = &qat_;
    const Tensor targets = upload(ctx, batch.targets, {rows, row_});
    if (!ttt_.byte_weighted) return run_.model.loss(ctx, pass, targets);
    return weighted_sum(ctx, run_.model.token_nll(ctx, pass, targets), byte_weights(begin, rows * row_));
  }

  // Bytes of each target over the bytes of all; zeros for text of no bytes.
  Tensor byte_weights(int64_t begin, int64_t count) {
    std::vector<float> weights(static_cast<size_t>(count));
    double sum = 0;
    for (int64_t i = 0; i < count; ++i)
      sum += weights[static_cast<size_t>(i)] = static_cast<float>(run_.val.bytes(begin + i));
    if (sum > 0)
      for (float& w : weights) w = static_cast<float>(w / sum);
    return upload(run_.ctx, weights, {count});
  }

  EvalRun& run_;
  const TttConfig& ttt_;
  int64_t row_;
  std::vector<std::vector<Window>> chunks_;
  ScoredPass pass_;
  BaseOptimizer optimizer_;
  RankMean mean_;
  QatState qat_;
  std::chrono::steady_clock::time_point start_;
  std::optional<NgramCounts> counts_;         // every rank counts the same text, so one table serves all
  std::vector<MixturePredictor> predictors_;  // by rank
  std::optional<WeightAverage> average_;
  bool stopped_ = false;
};

}  // namespace

ScoreSum ttt_chunked(EvalRun& run, const PassInfo& info) { return ChunkedTtt(run, info).run(); }

}  // namespace pgolf
