// The model: one forward pass as straight-line calls of ops. One technique reads as one call; its backward comes with
// it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/config/config.h"
#include "engine/core/context.h"
#include "engine/model/lora.h"
#include "engine/model/params.h"
#include "engine/ops/attention.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/lanes.h"
#include "engine/ops/rope.h"

namespace pgolf {

// Late QAT while it is switched on: the linears of config.scope are rounded, and loss() has the CROWN-Q penalty.
struct QatState {
  QatConfig config;
  double soft_round_alpha = 1;
};

// Sees the input [.., K] of a linear weight before it is multiplied, with the weight's name outside banks.
using LinearObserver = std::function<void(const std::string& weight, const Tensor& input)>;

// What one forward pass reads besides the parameters.
struct Pass {
  Tensor ids;                                // [B, T] i32
  Segments segments;                         // packed documents; none: every row is one segment
  Tensor scored;                             // [n] i32, positions b T + t that are wanted; none: all. No adapters
  bool looping = false;                      // depth recurrence is on
  bool eager = false;                        // the original did not compile it: RopeFreqs::bf16_eager rounds positions
  const QatState* qat = nullptr;             // null: weights as they are, no penalty
  const LoraSet* lora = nullptr;             // adapters of each row; null: none
  const LinearObserver* observer = nullptr;  // calibration; null: none
};

// The type of the residual stream: a submission that stores its token table in bfloat16 computes in it throughout; PR
// 334's stream is float32.
DType stream_type(const ModelConfig& model, const Context& ctx);

class Gpt {
 public:
  // `params` must outlive the model. `bos_id` starts a document: the windowed smear does not reach over it.
  Gpt(const ModelConfig& config, Params& params, int64_t bos_id = 1)
      : config_(config), params_(params), bos_id_(bos_id) {}

  // Final normalised hidden state [B, T, D] in the compute type; of pass.scored alone, [1, n, D]. What follows reads
  // it: [B·T] there is [n] then.
  Var hidden(Context& ctx, const Pass& pass) const;

  // Logits before the softcap, [B·T, V] in the compute type, through the tied embedding.
  Var head(Context& ctx, const Var& hidden) const;

  // Softcapped logits [B·T, V]: what evaluation turns into probabilities. No gradient.
  Tensor logits(Context& ctx, const Pass& pass) const;

  // Negative log-likelihood of targets [B, T] under logits(), per position: [B·T] f32, nats.
  Var token_nll(Context& ctx, const Pass& pass, const Tensor& targets) const;

  // The training loss, [] f32: the mean over positions, with label smoothing and the CROWN-Q penalty where configured,
  // and always under the symmetric softcap (PR 2097's learned caps have no part in training).
  Var loss(Context& ctx, const Pass& pass, const Tensor& targets) const;

  const ModelConfig& config() const { return config_; }
  int64_t bos_id() const { return bos_id_; }

 private:
  // What the blocks of one pass share.
  struct State {
    Context& ctx;
    const Pass& pass;
    RopeTable rope;
    Var x0;                // [B, T, D] what every block mixes back in
    Var value_embedding;   // [B, T, G d] added to the values of some layers
    Var first_value;       // [B, T, G, d] of layer 0, blended into later values
    int64_t position = 0;  // of the block in the layer sequence
    bool last = false;     // it is the last one
  };

  // gpt.cc
  Var embed(Context& ctx, const Pass& pass) const;
  Var value_embedding(Context& ctx, const Pass& pass) const;
  RopeTable rope_table(Context& ctx, const Pass& pass) const;
  Var take_skip(Context& ctx, int64_t row, const Var& x, std::vector<Var>& skips) const;
  Var logits_before_softcap(Context& ctx, const Pass& pass) const;
  Softcap scoring_softcap() const;

  // block.cc
  float norm_scale(int64_t layer) const;
  Var block(State& state, int64_t layer, const Var& x) const;
  Lanes two_lane_block(State& state, int64_t layer, const Lanes& lanes) const;
  // A branch by its last matrix: its gain, and stream + gain ⊙ branch. `branch`(onto) returns itself, or the sum where
  // it is given the stream.
  Var branch_gain(int64_t layer, MatrixKind last) const;
  template <class Branch>
  Var add_branch(State& state, int64_t layer, MatrixKind last, const Var& stream, Branch branch) const;
  Var attention_heads(State& state, int64_t layer, const Var& n) const;  // [B, T, H d]
  Var attention_branch(State& state, int64_t layer, const Var& heads, const Var& n, const Var& onto = {}) const;
  Var value(State& state, int64_t layer, Var v) const;
  Var gate_attention(State& state, int64_t layer, const Var& y, const Var& n) const;
  Var mlp_branch(State& state, int64_t layer, const Var& n, const Var& onto = {}) const;
  Var adapt(State& state, LoraSlot slot, const Var& y, const Var& n) const;  // y with the pass's adapters, if any
  Var block_param(int64_t layer, const char* name) const;                    // master of "blocks.<layer>.<name>"
  bool is_parallel(int64_t layer) const;

  // weights.cc: linear weights, fake-quantised where the pass says so; with `onto`, a branch's last one under its gain,
  // and its product added to that stream
  Var matrix(const State& state, int64_t layer, MatrixKind kind, const Var& onto = {}) const;
  Var project(const State& state, int64_t layer, MatrixKind kind, const Var& x,
              const Var& onto = {}) const;                                   // x matrixᵀ
  Var project_heads(const State& state, int64_t layer, const Var& x) const;  // queries, keys, values side by side
  Var project_small(Context& ctx, const Pass& pass, const char* name, const Var& x) const;
  Var add_crown_q_penalty(Context& ctx, const Pass& pass, const Var& loss) const;

  ModelConfig config_;
  Params& params_;
  int64_t bos_id_;
};

}  // namespace pgolf
