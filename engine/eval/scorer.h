// Scores windows of the validation stream with a model: the one place where validation targets turn into a result.
#pragma once

#include <span>
#include <string>

#include "engine/eval/val_set.h"
#include "engine/eval/windows.h"
#include "engine/evidence/events.h"
#include "engine/evidence/ledger.h"
#include "engine/model/gpt.h"

namespace pgolf {

// Sums over scored targets, in float64.
struct ScoreSum {
  double nll = 0;  // nats
  int64_t targets = 0;
  int64_t bytes = 0;

  void add(double target_nll, int64_t target_bytes);
  Score score() const { return val_score(nll, targets, bytes); }
};

// Where a pass leaves its evidence. `ledger` may be null: a diagnostic pass that nothing is judged by.
struct Evidence {
  EventLog& events;
  Ledger* ledger;
};

struct PassInfo {
  std::string name;     // "quantized", "sliding", "ttt"
  std::string weights;  // what is scored: "live", "artifact"
  bool headline = false;
};

class Scorer {
 public:
  // All must outlive the scorer. `row` is the length windows are padded to (id 0), `batch` how many are scored at once.
  Scorer(Context& ctx, const Gpt& model, const ValSet& val, Evidence evidence, int64_t row, int64_t batch)
      : ctx_(ctx), model_(model), val_(val), evidence_(evidence), row_(row), batch_(batch) {}

  // Scores every window in order, records each SCORE before its result is used, and writes the validation event.
  // Errors: submission if a loss is not finite.
  ScoreSum run(const PassInfo& info, std::span<const Window> windows);

 private:
  void score_batch(std::span<const Window> windows, ScoreSum& sum);

  Context& ctx_;
  const Gpt& model_;
  const ValSet& val_;
  Evidence evidence_;
  int64_t row_, batch_;
};

}  // namespace pgolf
