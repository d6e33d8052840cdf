// Polyak's average of the weights during test-time training: what is scored with, while training goes on from the
// weights.
#pragma once

#include "engine/model/params.h"
#include "engine/optim/flat.h"

namespace pgolf {

class WeightAverage {
 public:
  // Starts as the weights are. `params` must outlive this.
  WeightAverage(Context& ctx, Params& params, double decay)
      : params_(params),
        decay_(static_cast<float>(decay)),
        average_(ctx, params, Purpose::averages),
        trained_(ctx, params, Purpose::averages) {
    average_.take(ctx, params.flat_masters());
  }

  // average += (1 - decay) (weights - average), as weights - decay (weights - average), so that fixed weights stay
  // exact.
  void add(Context& ctx) {
    axpby(ctx, 1.0F, params_.flat_masters(), -1.0F, average_.values());
    axpby(ctx, 1.0F, params_.flat_masters(), -decay_, average_.values());
  }

  void swap_in(Context& ctx) {
    trained_.take(ctx, params_.flat_masters());
    average_.give(ctx, params_.flat_masters());
    params_.refresh(ctx);
  }
  void swap_out(Context& ctx) {
    trained_.give(ctx, params_.flat_masters());
    params_.refresh(ctx);
  }

 private:
  Params& params_;
  float decay_;
  FlatCopy average_, trained_;
};

}  // namespace pgolf
