// Averages of the weights over training: EMA, and SWA of the weights or of the EMA.
#pragma once

#include <optional>
#include <vector>

#include "engine/config/config.h"
#include "engine/model/params.h"

namespace pgolf {

class Averages {
 public:
  // Memory only for what `config` keeps. `params` must outlive this.
  Averages(Context& ctx, Params& params, const Config& config);

  // Before the first counted step: the EMA starts at the weights, the SWA empty.
  void start(Context& ctx);
  // After step number `steps_done` (the first is 1), which ran at `lr_scale`:
  //   EMA <- d EMA + (1-d) p;  SWA collects p (PR 334) or the EMA (PR 754) where its conditions hold.
  void update(Context& ctx, int64_t steps_done, double lr_scale);

  int64_t swa_count() const { return swa_count_; }
  // What asking for `wanted` gives: the SWA falls back on the EMA while it is empty, the EMA on the weights where there
  // is none.
  Export resolve(Export wanted) const;
  // "ema" and "swa", where they are kept.
  std::vector<FlatState> state() const;
  void set_swa_count(int64_t count) { swa_count_ = count; }
  // Puts the average in the place of the weights and refreshes; embedding tables are rounded as they are kept.
  void load(Context& ctx, Export wanted);

 private:
  Params& params_;
  const AverageConfig config_;
  const Rounding table_rounding_;
  std::optional<FlatCopy> ema_, swa_sum_;
  int64_t swa_count_ = 0;
};

}  // namespace pgolf
