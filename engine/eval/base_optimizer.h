// The optimizers of test-time training, with the memory they need.
#pragma once

#include <optional>

#include "engine/config/config.h"
#include "engine/optim/adam.h"
#include "engine/optim/sgd.h"

namespace pgolf {

// AdamW (ttt.beta1, beta2, eps, weight_decay) over every tensor of a Params.
class AdamW {
 public:
  AdamW(Context& ctx, Params& params, const TttConfig& ttt);
  void step(Context& ctx, double lr) { adam_.step(ctx, lr); }
  void reset(Context& ctx) { adam_.reset(ctx); }

 private:
  FlatCopy first_, second_;
  Adam adam_;
};

// Of the base model: ttt.optimizer. step() also refreshes the copies.
class BaseOptimizer {
 public:
  BaseOptimizer(Context& ctx, Params& params, const Config& config);
  void step(Context& ctx, double lr);

 private:
  Params& params_;
  std::optional<Sgd> sgd_;
  std::optional<AdamW> adamw_;
};

}  // namespace pgolf
