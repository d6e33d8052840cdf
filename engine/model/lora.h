// Low-rank adapters of a whole model, one set per document of a batch (PR 2143, 2097; docs/techniques.md, LoRA
// forward).
//
// Every virtual layer position has its own: with depth recurrence the three passes of a layer have three. A is drawn
// uniformly within ±1/sqrt(in), B starts at zero, so fresh adapters change nothing.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/config/config.h"
#include "engine/core/torch_rng.h"
#include "engine/model/params.h"

namespace pgolf {

// Where in a block an adapter adds to a linear map. All read the normalised input of that branch; `o` too, not the
// attention output.
enum class LoraSlot { q, k, v, o, mlp_hidden, mlp_output };

class LoraSet {
 public:
  // For `docs` rows; zeros until draw().
  LoraSet(Context& ctx, const ModelConfig& model, const TttConfig& ttt, int64_t docs);

  // Fresh factors, A from the generator in the order in which the originals construct their adapters: head, then q, v,
  // k, mlp, o, each over all positions.
  void draw(Context& ctx, TorchRng& rng);
  // The elements of every A in that order, and fresh factors with these.
  std::vector<float> a(Context& ctx) const;
  void set_a(Context& ctx, std::span<const float> values);
  // Before another group of documents: B to zero; A stays, or is drawn again without ttt.lora_warm_start.
  void reset(Context& ctx, TorchRng& rng);

  // y + the adapter's share of x at a virtual position; y itself where the slot has no adapters. In place of y.
  Var add(Context& ctx, LoraSlot slot, int64_t position, const Var& y, const Var& x) const;
  Var add_head(Context& ctx, const Var& logits, const Var& x) const;

  bool adapts_hidden() const { return mlp_ == LoraMlp::hidden; }
  int64_t docs() const { return docs_; }
  Params& params() { return *params_; }

 private:
  template <class F>
  void for_pieces_of_a(F f) const;
  Var add_named(Context& ctx, const std::string& name, const Var& y, const Var& x) const;

  int64_t docs_;
  float scale_;  // alpha / rank
  bool warm_start_;
  LoraMlp mlp_;
  std::unique_ptr<Params> params_;
};

}  // namespace pgolf
