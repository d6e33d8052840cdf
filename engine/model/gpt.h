// The model: one forward pass as straight-line calls of ops. One technique reads as one call; its backward comes with it.
#pragma once

#include <vector>

#include "engine/config/config.h"
#include "engine/core/context.h"
#include "engine/model/params.h"
#include "engine/ops/attention.h"
#include "engine/ops/rope.h"

namespace pgolf {

// What one forward pass reads besides the parameters.
struct Pass {
  Tensor ids;         // [B, T] i32
  Segments segments;  // packed documents; none: every row is one segment
  bool looping = false;  // depth recurrence is on
};

class Gpt {
 public:
  // `params` must outlive the model.
  Gpt(const ModelConfig& config, Params& params) : config_(config), params_(params) {}

  // Final normalised hidden state [B, T, D] in the compute type.
  Var hidden(Context& ctx, const Pass& pass) const;

  // Logits before the softcap, [B·T, V] in the compute type, through the tied embedding.
  Var head(Context& ctx, const Var& hidden) const;

  // Softcapped logits [B·T, V]: what evaluation turns into probabilities. No gradient.
  Tensor logits(Context& ctx, const Pass& pass) const;

  // Negative log-likelihood of targets [B, T], per position: [B·T] f32, nats.
  Var token_nll(Context& ctx, const Pass& pass, const Tensor& targets) const;

  // Mean of token_nll: the training loss, [] f32.
  Var loss(Context& ctx, const Pass& pass, const Tensor& targets) const;

  const ModelConfig& config() const { return config_; }

 private:
  struct State;  // what blocks of one pass share
  Var embed(Context& ctx, const Tensor& ids) const;
  Var block(State& state, int64_t layer, const Var& x) const;
  Var attention_branch(State& state, int64_t layer, const Var& n) const;
  Var mlp_branch(State& state, int64_t layer, const Var& n) const;
  RopeTable rope_table(Context& ctx, int64_t T) const;
  Var block_param(int64_t layer, const char* name) const;  // master of "blocks.<layer>.<name>"

  ModelConfig config_;
  Params& params_;
};

}  // namespace pgolf
