// One scoring pass: every score goes to the ledger before its loss is computed, every loss into the sums, and sampled
// targets are probed on the way.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/eval/eval_run.h"
#include "engine/eval/predictor.h"

namespace pgolf {

// Sums over scored targets, in float64: of each rank in its order, then over ranks in theirs, so that they do not
// depend on which processes play the ranks.
struct ScoreSum {
  double nll = 0;  // nats
  int64_t targets = 0;
  int64_t bytes = 0;

  void add(const ScoreSum& other) { nll += other.nll, targets += other.targets, bytes += other.bytes; }

  Score score() const { return val_score(nll, targets, bytes); }
};

struct PassInfo {
  std::string name;     // "quantized", "sliding", "ttt"
  std::string weights;  // what is scored: "live", "artifact"
  bool headline = false;
};

class Probes;

class ScoredPass {
 public:
  // `expected` is how many target scores the pass will have. Probes run in headline passes alone.
  ScoredPass(EvalRun& run, const PassInfo& info, int64_t expected);
  ~ScoredPass();

  // The three steps of scoring a batch, in this order: the ledger learns what will be scored by reading which states;
  // sampled targets are probed; losses [B T] are counted. Errors: submission if a scored loss is not finite.
  void announce(const WindowBatch& batch, const Scopes& reads = {kModelScope}, int rank = 0);
  void probe(const WindowBatch& batch, Predictor& predictor);
  void count(const WindowBatch& batch, std::span<const float> nll, int rank = 0);

  // All three with the predictor's own losses.
  void score(const WindowBatch& batch, Predictor& predictor, const Scopes& reads = {kModelScope}, int rank = 0);

  // Waits for every rank and writes the validation event of all. What the pass left is on the disk then.
  ScoreSum finish();

 private:
  void write_point(const ScoreSum& sum);  // of the curve over the stream
  ScoreSum collect() const;

  EvalRun& run_;
  PassInfo info_;
  std::chrono::steady_clock::time_point start_;
  Progress progress_;
  int64_t stream_every_, next_point_;
  std::unique_ptr<Probes> probes_;  // null: none
  std::vector<ScoreSum> sums_;      // of this process's ranks
};

// The plain and the sliding pass of the configuration, with the model as it stands.
// Errors: also submission if the validation set is too short for a single window.
ScoreSum score_plain(EvalRun& run, const PassInfo& info);
ScoreSum score_sliding(EvalRun& run, const PassInfo& info);

// In windows of eval.seq_len, one after the other; `on_scored` is given the losses [B T] of every batch.
using OnScored = std::function<void(const WindowBatch& batch, std::span<const float> nll, int rank)>;
ScoreSum score_consecutive(EvalRun& run, const PassInfo& info, const OnScored& on_scored);

}  // namespace pgolf
