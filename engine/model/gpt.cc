#include "engine/model/gpt.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/config/param_table.h"
#include "engine/ops/activation.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/embedding.h"
#include "engine/ops/linear.h"
#include "engine/ops/residual.h"
#include "engine/ops/rms_norm.h"
#include "engine/ops/select.h"
#include "engine/ops/smear.h"

namespace pgolf {

struct Gpt::State {
  Context& ctx;
  const Pass& pass;
  RopeTable rope;
  Var x0;  // [B, T, D] what every block mixes back in
};

Var Gpt::hidden(Context& ctx, const Pass& pass) const {
  Var x = embed(ctx, pass.ids);  // [B, T, D]
  State state{ctx, pass, rope_table(ctx, pass.ids.cols()), x};

  const std::vector<int64_t> layers = layer_sequence(config_, pass.looping);
  const size_t num_encoder = layers.size() / 2;
  const Var skip_weights = params_.master("skip_weights");
  std::vector<Var> skips;  // encoder outputs, taken back last first
  for (size_t i = 0; i < layers.size(); ++i) {
    if (i >= num_encoder && !skips.empty()) {
      x = add_scaled(ctx, x, select(ctx, skip_weights, static_cast<int64_t>(i - num_encoder)), skips.back());
      skips.pop_back();
    }
    x = block(state, layers[i], x);
    if (i < num_encoder) skips.push_back(x);
  }
  return rms_norm(ctx, x, 1.0F, ctx.compute());
}

Var Gpt::block_param(int64_t layer, const char* name) const {
  return params_.master(fmt::format("blocks.{}.{}", layer, name));
}

Var Gpt::embed(Context& ctx, const Tensor& ids) const {
  Var x = embedding(ctx, ids, params_.master("tok_emb.weight"));
  if (config_.bigram_vocab_size > 0) {
    const PairHash hash = config_.bigram_hash == BigramHash::additive ? PairHash::additive : PairHash::xor_;
    const Tensor buckets = bigram_hash(ctx, ids, hash, config_.bigram_vocab_size);
    const Var pairs = embedding(ctx, buckets, params_.master("bigram.embed.weight"));
    x = add_scaled(ctx, x, params_.master("bigram.scale"), linear(ctx, pairs, params_.weight("bigram.proj.weight")));
  }
  x = rms_norm(ctx, x, 1.0F, x.value.dtype);
  if (config_.smear == Smear::fixed) x = smear_fixed(ctx, x, params_.master("smear.gate"));
  return x;
}

Var Gpt::block(State& state, int64_t layer, const Var& x) const {
  Context& ctx = state.ctx;
  const float scale = config_.ln_scale ? 1.0F / std::sqrt(static_cast<float>(layer + 1)) : 1.0F;
  const Normed u = mix_norm(ctx, x, state.x0, block_param(layer, "resid_mix"), scale);
  const Var attn = attention_branch(state, layer, u.norm);
  const Normed y = add_norm(ctx, u.stream, block_param(layer, "attn_scale"), attn, scale);
  return add_scaled(ctx, y.stream, block_param(layer, "mlp_scale"), mlp_branch(state, layer, y.norm));
}

Var Gpt::attention_branch(State& state, int64_t layer, const Var& n) const {
  Context& ctx = state.ctx;
  const int64_t B = n.shape()[0], T = n.shape()[1], H = config_.num_heads, G = config_.num_kv_heads;
  const int64_t d = config_.head_dim();
  Var q = linear(ctx, n, params_.matrix(layer, MatrixKind::c_q)).view({B, T, H, d});
  Var k = linear(ctx, n, params_.matrix(layer, MatrixKind::c_k)).view({B, T, G, d});
  const Var v = linear(ctx, n, params_.matrix(layer, MatrixKind::c_v)).view({B, T, G, d});
  q = norm_rope(ctx, q, state.rope, block_param(layer, "attn.q_gain"));
  k = norm_rope(ctx, k, state.rope, {});
  const Var y = attention(ctx, q, k, v, state.pass.segments);  // [B, T, H, d]
  return linear(ctx, y.view({B, T, H * d}), params_.matrix(layer, MatrixKind::attn_proj));
}

Var Gpt::mlp_branch(State& state, int64_t layer, const Var& n) const {
  Context& ctx = state.ctx;
  const Var h = linear(ctx, n, params_.matrix(layer, MatrixKind::mlp_fc));
  const Var act = leaky_relu_squared(ctx, h, static_cast<float>(config_.mlp_slope));
  return linear(ctx, act, params_.matrix(layer, MatrixKind::mlp_proj));
}

RopeTable Gpt::rope_table(Context& ctx, int64_t T) const {
  RopeSpec spec;
  spec.dims = config_.rope_dims;
  spec.base = config_.rope_base;
  spec.ntk = config_.rope_scaling == RopeScaling::ntk;
  spec.ntk_from = config_.rope_train_seq_len;
  spec.bf16_freqs = config_.rope_freqs == RopeFreqs::bf16;
  return make_rope_table(ctx, spec, T);
}

Var Gpt::head(Context& ctx, const Var& hidden) const {
  const Var logits = linear(ctx, hidden, params_.weight("tok_emb.weight"));
  return logits.view({logits.value.rows(), logits.value.cols()});
}

Tensor Gpt::logits(Context& ctx, const Pass& pass) const {
  const Tensor out = head(ctx, hidden(ctx, pass)).value;
  softcap_(ctx, out, static_cast<float>(config_.logit_softcap));
  return out;
}

Var Gpt::token_nll(Context& ctx, const Pass& pass, const Tensor& targets) const {
  const Var out = head(ctx, hidden(ctx, pass));
  return cross_entropy(ctx, out, targets.view({targets.numel()}), static_cast<float>(config_.logit_softcap));
}

Var Gpt::loss(Context& ctx, const Pass& pass, const Tensor& targets) const {
  return weighted_sum(ctx, token_nll(ctx, pass, targets));
}

}  // namespace pgolf
