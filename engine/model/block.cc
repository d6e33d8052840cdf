// One block: attention and MLP branches, and how they join the residual stream.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/model/gpt.h"
#include "engine/ops/activation.h"
#include "engine/ops/gates.h"
#include "engine/ops/residual.h"
#include "engine/ops/rms_norm.h"
#include "engine/ops/select.h"
#include "engine/ops/split_columns.h"
#include "engine/ops/squared_mlp.h"
#include "engine/ops/take_rows.h"
#include "engine/ops/value_residual.h"
#include "engine/ops/xsa.h"

namespace pgolf {

float Gpt::norm_scale(int64_t layer) const {
  return config_.ln_scale ? 1.0F / std::sqrt(static_cast<float>(layer + 1)) : 1.0F;
}

bool Gpt::is_parallel(int64_t layer) const {
  return config_.parallel_residual != ParallelResidual::none && layer >= config_.parallel_start_layer;
}

Var Gpt::block_param(int64_t layer, const char* name) const {
  return params_.master(fmt::format("blocks.{}.{}", layer, name));
}

Var Gpt::block(State& state, int64_t layer, const Var& x) const {
  Context& ctx = state.ctx;
  const Normed u = mix_norm(ctx, x, state.x0, block_param(layer, "resid_mix"), norm_scale(layer));
  Var stream = u.stream, n = u.norm, heads = attention_heads(state, layer, n);
  if (state.last && state.pass.scored.defined())  // nothing that follows mixes positions
    for (Var* rows : {&stream, &n, &heads, &state.x0}) *rows = take_rows(ctx, rows->value, state.pass.scored);
  Var out = add_branch(state, layer, MatrixKind::attn_proj, stream,
                       [&](const Var& onto) { return attention_branch(state, layer, heads, n, onto); });
  if (!is_parallel(layer)) n = rms_norm(ctx, out, norm_scale(layer), ctx.compute());
  out = add_branch(state, layer, MatrixKind::mlp_proj, out,
                   [&](const Var& onto) { return mlp_branch(state, layer, n, onto); });
  if (config_.value_residual == ValueResidual::input)
    out = add_scaled(ctx, out, block_param(layer, "lambda_v"), state.x0);
  if (config_.dtg_gate)
    out = gate_block(ctx, stream, out, block_param(layer, "dtg_gate.weight"), block_param(layer, "dtg_gate.bias"));
  return out;
}

// The gain and the sum are part of the branch's last product, unless adapters add to the branch before its gain.
template <class Branch>
Var Gpt::add_branch(State& state, int64_t layer, MatrixKind last, const Var& stream, Branch branch) const {
  if (state.pass.lora == nullptr) return branch(stream);
  return add_scaled(state.ctx, stream, branch_gain(layer, last), branch(Var{}));
}

Var Gpt::branch_gain(int64_t layer, MatrixKind last) const {
  return block_param(layer, last == MatrixKind::attn_proj ? "attn_scale" : "mlp_scale");
}

// Attention reads lane 0 mixed with x0, the MLP reads lane 1 as it is; the residuals keep the lanes themselves.
Lanes Gpt::two_lane_block(State& state, int64_t layer, const Lanes& lanes) const {
  Context& ctx = state.ctx;
  const float scale = norm_scale(layer);
  const Normed r = mix_norm(ctx, lanes.attn, state.x0, block_param(layer, "resid_mix"), scale);
  const Var attn = attention_branch(state, layer, attention_heads(state, layer, r.norm), r.norm);
  const Var mlp = mlp_branch(state, layer, rms_norm(ctx, lanes.mlp, scale, ctx.compute()));
  return update_lanes(ctx, lanes, branch_gain(layer, MatrixKind::attn_proj), attn,
                      branch_gain(layer, MatrixKind::mlp_proj), mlp,
                      select(ctx, params_.master("parallel_resid_lambdas"), layer),
                      select(ctx, params_.master("parallel_post_lambdas"), layer));
}

Var Gpt::attention_heads(State& state, int64_t layer, const Var& n) const {
  Context& ctx = state.ctx;
  const int64_t B = n.shape()[0], T = n.shape()[1], H = config_.num_heads, G = config_.num_kv_heads;
  const int64_t d = config_.head_dim();
  const std::vector<Var> parts = split_columns(ctx, project_heads(state, layer, n), {H * d, G * d, G * d});
  Var q = adapt(state, LoraSlot::q, parts[0], n).view({B, T, H, d});
  Var k = adapt(state, LoraSlot::k, parts[1], n).view({B, T, G, d});
  const Var v = value(state, layer, adapt(state, LoraSlot::v, parts[2], n));  // [B, T, G, d]
  q = norm_rope(ctx, q, state.rope, block_param(layer, "attn.q_gain"));
  k = norm_rope(ctx, k, state.rope, {});
  Var y = attention(ctx, q, k, v, state.pass.segments);  // [B, T, H, d]
  if (layer >= config_.num_layers - config_.xsa_last_n) y = xsa(ctx, y, v);
  return gate_attention(state, layer, y, n).view({B, T, H * d});
}

Var Gpt::attention_branch(State& state, int64_t layer, const Var& heads, const Var& n, const Var& onto) const {
  return adapt(state, LoraSlot::o, project(state, layer, MatrixKind::attn_proj, heads, onto), n);
}

// The values of a layer from `v` [B, T, G d], with what is added to them.
Var Gpt::value(State& state, int64_t layer, Var v) const {
  Context& ctx = state.ctx;
  const auto& embedded = config_.value_embed_layers;
  if (const auto found = std::find(embedded.begin(), embedded.end(), layer); found != embedded.end()) {
    const Var gain = params_.master(fmt::format("ve_layer_scales.{}", found - embedded.begin()));
    v = add_scaled(ctx, v, gain, state.value_embedding);
  }
  v = v.view({v.shape()[0], v.shape()[1], config_.num_kv_heads, config_.head_dim()});
  if (config_.value_residual != ValueResidual::blend) return v;
  if (layer > 0) return value_residual(ctx, state.first_value, v, block_param(layer, "attn.vr_lambda"));
  state.first_value = v;
  return v;
}

Var Gpt::gate_attention(State& state, int64_t layer, const Var& y, const Var& n) const {
  Context& ctx = state.ctx;
  const auto scale = static_cast<float>(config_.attn_gate_scale);
  switch (config_.attn_gate) {
    case AttnGate::none: return y;
    case AttnGate::linear:
      return gate_heads(ctx, y, n, block_param(layer, "attn.attn_gate.weight"),
                        block_param(layer, "attn.attn_gate.bias"));
    case AttnGate::per_head: return scale_heads(ctx, y, block_param(layer, "attn.attn_gate"));
    case AttnGate::sparse: return gate_heads(ctx, y, n, block_param(layer, "attn.attn_gate_w"), {}, {.inner = scale});
    case AttnGate::attn_out:
      return gate_heads(ctx, y, n, block_param(layer, "attn.attn_gate_proj.weight"), {}, {.outer = 2.0F});
    case AttnGate::dense: return gate_heads(ctx, y, n, block_param(layer, "attn.attn_gate_w"), {});
  }
  return y;
}

// What is between the two matrices is seen by an observer and by adapters of the hidden layer alone.
Var Gpt::mlp_branch(State& state, int64_t layer, const Var& n, const Var& onto) const {
  Context& ctx = state.ctx;
  const auto slope = static_cast<float>(config_.mlp_slope);
  const Var down = matrix(state, layer, MatrixKind::mlp_proj, onto);
  if (state.pass.observer == nullptr && (state.pass.lora == nullptr || !state.pass.lora->adapts_hidden())) {
    const Var out = squared_mlp(ctx, n, matrix(state, layer, MatrixKind::mlp_fc), slope, down, onto);
    return adapt(state, LoraSlot::mlp_output, out, n);
  }
  Var h = project(state, layer, MatrixKind::mlp_fc, n);
  h = adapt(state, LoraSlot::mlp_hidden, h, n);
  if (state.pass.observer != nullptr) {
    const ArenaScope scope(ctx.arena());
    (*state.pass.observer)(matrix_name(layer, MatrixKind::mlp_proj), leaky_relu_squared(ctx, h.value, slope));
  }
  return adapt(state, LoraSlot::mlp_output, activated_linear(ctx, h, slope, down, onto), n);
}

Var Gpt::adapt(State& state, LoraSlot slot, const Var& y, const Var& n) const {
  const LoraSet* lora = state.pass.lora;
  return lora != nullptr ? lora->add(state.ctx, slot, state.position, y, n) : y;
}

}  // namespace pgolf
