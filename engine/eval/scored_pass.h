// One scoring pass: every score goes to the ledger before its loss is computed, every loss into the sums, and sampled
// targets are probed on the way.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/progress.h"
#include "engine/eval/eval_run.h"
#include "engine/eval/predictor.h"

namespace pgolf {

// Sums over scored targets, in float64.
struct ScoreSum {
  double nll = 0;  // nats
  int64_t targets = 0;
  int64_t bytes = 0;

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
  void count(const WindowBatch& batch, std::span<const float> nll);

  // All three with the predictor's own losses.
  void score(const WindowBatch& batch, Predictor& predictor, const Scopes& reads = {kModelScope}, int rank = 0);

  // Writes the validation event. What the pass left is on the disk then.
  ScoreSum finish();

  const ScoreSum& sum() const { return sum_; }

 private:
  void write_point();  // of the curve over the stream

  EvalRun& run_;
  PassInfo info_;
  std::chrono::steady_clock::time_point start_;
  Progress progress_;
  int64_t stream_every_, next_point_;
  std::unique_ptr<Probes> probes_;  // null: none
  ScoreSum sum_;
};

// The plain and the sliding pass of the configuration, with the model as it stands.
// Errors: also submission if the validation set is too short for a single window.
ScoreSum score_plain(EvalRun& run, const PassInfo& info);
ScoreSum score_sliding(EvalRun& run, const PassInfo& info);

}  // namespace pgolf
