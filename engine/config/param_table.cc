#include "engine/config/param_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "engine/config/tensor_names.h"

namespace pgolf {
namespace {

using Table = std::vector<ParamSpec>;

void add_block_matrices(Table& table, const ModelConfig& c, int64_t layer) {
  const int64_t D = c.model_dim, kv = c.num_kv_heads * c.head_dim();
  const std::string block = fmt::format("blocks.{}.", layer);
  table.push_back({block + "attn.c_q.weight", {D, D}});
  table.push_back({block + "attn.c_k.weight", {kv, D}});
  table.push_back({block + "attn.c_v.weight", {kv, D}});
  table.push_back({block + "attn.proj.weight", {D, D}});
}

void add_attention_scalars(Table& table, const ModelConfig& c, int64_t layer) {
  const std::string attn = fmt::format("blocks.{}.attn.", layer);
  const int64_t H = c.num_heads, D = c.model_dim;
  table.push_back({attn + "q_gain", {H}});
  if (c.value_residual == ValueResidual::blend) table.push_back({attn + "vr_lambda", {2}});
  switch (c.attn_gate) {
    case AttnGate::none: break;
    case AttnGate::linear:
      table.push_back({attn + "attn_gate.weight", {H, D}});
      table.push_back({attn + "attn_gate.bias", {H}});
      break;
    case AttnGate::per_head: table.push_back({attn + "attn_gate", {H}}); break;
    case AttnGate::sparse: table.push_back({attn + "attn_gate_w", {H, c.gate_window}}); break;
    case AttnGate::attn_out: table.push_back({attn + "attn_gate_proj.weight", {H, c.gate_window}}); break;
    case AttnGate::dense: table.push_back({attn + "attn_gate_w", {H, D}}); break;
  }
}

void add_block(Table& table, const ModelConfig& c, int64_t layer) {
  const int64_t D = c.model_dim;
  const std::string block = fmt::format("blocks.{}.", layer);
  if (!c.param_banks) add_block_matrices(table, c, layer);
  add_attention_scalars(table, c, layer);
  if (!c.param_banks) {
    table.push_back({block + "mlp.fc.weight", {c.mlp_hidden, D}});
    table.push_back({block + "mlp.proj.weight", {D, c.mlp_hidden}});
  }
  table.push_back({block + "attn_scale", {D}});
  table.push_back({block + "mlp_scale", {D}});
  table.push_back({block + "resid_mix", {2, D}});
  if (c.value_residual == ValueResidual::input) table.push_back({block + "lambda_v", {1}});
  if (c.dtg_gate) {
    table.push_back({block + "dtg_gate.weight", {1, D}});
    table.push_back({block + "dtg_gate.bias", {1}});
  }
}

void add_banks(Table& table, const ModelConfig& c) {
  const int64_t L = c.num_layers, D = c.model_dim, kv = c.num_kv_heads * c.head_dim(), h = c.mlp_hidden;
  table.push_back({"qo_bank", {2 * L, D, D}});
  table.push_back({"kv_bank", {2 * L, kv, D}});
  table.push_back({"mlp_up_bank", {L, h, D}});
  table.push_back({"mlp_down_bank", {L, D, h}});
}

void add_embeddings(Table& table, const ModelConfig& c) {
  const int64_t D = c.model_dim;
  table.push_back({kTokenTable, {c.vocab_size, D}});
  if (c.bigram_vocab_size > 0) {
    table.push_back({kBigramTable, {c.bigram_vocab_size, c.bigram_dim}});
    if (projects_bigrams(c)) table.push_back({kBigramProjection, {D, c.bigram_dim}});
    table.push_back({kBigramScale, {}});
  }
  if (c.smear == Smear::fixed) table.push_back({kSmearGate, {D}});
  if (c.smear == Smear::windowed) {
    table.push_back({kSmearWindow, {1, c.gate_window}});
    table.push_back({kSmearLambda, {1}});
  }
}

void add_value_embedding(Table& table, const ModelConfig& c) {
  if (c.value_embed_layers.empty()) return;
  table.push_back({kValueTable, {c.vocab_size, c.value_embed_dim}});
  if (projects_value_embedding(c))
    table.push_back({kValueProjection, {c.num_kv_heads * c.head_dim(), c.value_embed_dim}});
  table.push_back({kValueScale, {}});
  for (size_t k = 0; k < c.value_embed_layers.size(); ++k) table.push_back({fmt::format("ve_layer_scales.{}", k), {1}});
}

}  // namespace

bool projects_bigrams(const ModelConfig& c) { return c.bigram_dim != c.model_dim; }

bool projects_value_embedding(const ModelConfig& c) { return c.value_embed_dim != c.num_kv_heads * c.head_dim(); }

int64_t ParamSpec::numel() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

std::vector<ParamSpec> param_table(const ModelConfig& c) {
  Table table;
  add_embeddings(table, c);
  table.push_back({kSkipWeights, {num_skips(c), c.model_dim}});
  if (c.skips == Skips::gated) table.push_back({kSkipGates, {num_skips(c), c.model_dim}});
  if (c.parallel_residual == ParallelResidual::two_lane) {
    table.push_back({"parallel_post_lambdas", {c.num_layers, 2, 2}});
    table.push_back({"parallel_resid_lambdas", {c.num_layers, 2}});
  }
  if (c.asymmetric_softcap) {
    table.push_back({"softcap_pos", {}});
    table.push_back({"softcap_neg", {}});
  }
  if (c.param_banks) add_banks(table, c);
  for (int64_t layer = 0; layer < c.num_layers; ++layer) add_block(table, c, layer);
  add_value_embedding(table, c);
  return table;
}

int64_t num_params(const ModelConfig& config) {
  int64_t total = 0;
  for (const ParamSpec& spec : param_table(config)) total += spec.numel();
  return total;
}

std::vector<int64_t> layer_sequence(const ModelConfig& c, bool looping) {
  std::vector<int64_t> sequence;
  for (int64_t layer = 0; layer < c.num_layers; ++layer) {
    sequence.push_back(layer);
    if (looping && c.num_loops > 0 && layer == c.loop_end)
      for (int64_t pass = 0; pass < c.num_loops; ++pass)
        for (int64_t l = c.loop_start; l <= c.loop_end; ++l) sequence.push_back(l);
  }
  return sequence;
}

// An encoder output without a decoder step to take it has no row: 2097's 17 positions give 8 encoders and 9 decoders.
int64_t num_skips(const ModelConfig& c) {
  const auto positions = static_cast<int64_t>(layer_sequence(c, true).size());
  return std::min(positions / 2, positions - positions / 2);
}

}  // namespace pgolf
