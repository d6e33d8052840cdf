#include "engine/model/init.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "engine/codec/float16.h"
#include "engine/config/param_table.h"
#include "engine/config/tensor_names.h"
#include "engine/model/orthogonal.h"

namespace pgolf {
namespace {

constexpr int64_t kMinOrthogonalSide = 64;  // smaller linear maps keep what construction gave them
constexpr float kValueEmbedStd = 0.01F, kDenseGateStd = 0.01F;

// A torch module with random parameters: its weight is drawn at construction, and the init pass may overwrite it.
struct Module {
  enum Kind { tok_emb, zero_table, value_table, linear, zero_linear, zeroed_linear, gate } kind;
  std::string weight;
  std::string bias = "";
  bool depth_scaled = false;
};

// In order of construction, which is also the order of the init pass.
std::vector<Module> modules(const ModelConfig& c) {
  using enum Module::Kind;
  std::vector<Module> out = {{tok_emb, kTokenTable}};
  if (c.bigram_vocab_size > 0) {
    out.push_back({zero_table, kBigramTable});
    if (projects_bigrams(c)) out.push_back({zeroed_linear, kBigramProjection, "", c.small_proj_depth_scale});
  }
  const Module smear = {zero_linear, kSmearWindow};
  if (c.smear == Smear::windowed && !c.param_banks) out.push_back(smear);
  for (int64_t layer = 0; layer < c.num_layers; ++layer) {
    const std::string block = fmt::format("blocks.{}.", layer);
    if (!c.param_banks) {
      for (const MatrixKind kind : {MatrixKind::c_q, MatrixKind::c_k, MatrixKind::c_v})
        out.push_back({linear, matrix_name(layer, kind)});
      out.push_back({zero_linear, matrix_name(layer, MatrixKind::attn_proj)});
    }
    if (c.attn_gate == AttnGate::linear)
      out.push_back({zeroed_linear, block + "attn.attn_gate.weight", block + "attn.attn_gate.bias"});
    if (c.attn_gate == AttnGate::attn_out) out.push_back({zero_linear, block + "attn.attn_gate_proj.weight"});
    if (c.attn_gate == AttnGate::dense) out.push_back({gate, block + "attn.attn_gate_w"});
    if (!c.param_banks) {
      out.push_back({linear, matrix_name(layer, MatrixKind::mlp_fc)});
      out.push_back({zero_linear, matrix_name(layer, MatrixKind::mlp_proj)});
    }
    if (c.dtg_gate) out.push_back({zeroed_linear, block + "dtg_gate.weight", block + "dtg_gate.bias"});
  }
  if (c.smear == Smear::windowed && c.param_banks) out.push_back(smear);
  if (!c.value_embed_layers.empty()) {
    out.push_back({value_table, kValueTable});
    if (projects_value_embedding(c)) out.push_back({zeroed_linear, kValueProjection, "", c.small_proj_depth_scale});
  }
  return out;
}

// Tensors that start as constants; others start as zeros or are drawn. Names end in, or contain, the given text.
float constant_of(const std::string& name, const ModelConfig& c) {
  const std::pair<const char*, float> kConstants[] = {
      {kBigramScale, 0.05F},
      {kValueScale, 0.1F},
      {"ve_layer_scales.", 1.0F},
      {kSkipWeights, 1.0F},
      {"parallel_post_lambdas", 1.0F},
      {"parallel_resid_lambdas", 1.1F},
      {"softcap_", static_cast<float>(c.logit_softcap)},
      {"attn_scale", 1.0F},
      {"mlp_scale", 1.0F},
      {"q_gain", static_cast<float>(c.qk_gain_init)},
      {"vr_lambda", 0.5F},
      {"attn_gate.bias", 4.0F},
      {"dtg_gate.bias", 2.0F},
  };
  for (const auto& [text, value] : kConstants)
    if (name.find(text) != std::string::npos) return value;
  return name.ends_with("attn.attn_gate") ? 1.0F : 0.0F;
}

class Initializer {
 public:
  Initializer(Params& params, const ModelConfig& config, uint64_t seed)
      : params_(params), config_(config), rng_(seed) {}

  void run(Context& ctx) {
    for (const Param& param : params_.list()) fill_constant(param);
    const std::vector<Module> list = modules(config_);
    for (const Module& module : list) construct(module);
    if (config_.tok_emb_init == TokEmbInit::init_weights) draw_tok_emb();
    if (config_.param_banks) draw_banks();
    for (const Module& module : list) init_linear(module);
    for (const Param& param : params_.list()) {
      std::vector<float>& v = values_.at(param.name);
      if (config_.init_rounding == Rounding::bf16) std::transform(v.begin(), v.end(), v.begin(), round_to_bf16);
      ctx.copy(param.master, Tensor{v.data(), param.master.shape, DType::f32, kCpu});
    }
    params_.refresh(ctx);
  }

 private:
  void fill_constant(const Param& param) {
    std::vector<float>& v = values_[param.name];
    v.assign(static_cast<size_t>(param.master.numel()), constant_of(param.name, config_));
    if (param.name.ends_with("resid_mix")) std::fill(v.begin(), v.begin() + config_.model_dim, 1.0F);
  }

  void draw_tok_emb() { rng_.normal(values_.at(kTokenTable), static_cast<float>(config_.tied_embed_init_std)); }

  // The library's default, then what the module's own code puts in its place.
  void construct(const Module& module) {
    std::vector<float>& v = values_.at(module.weight);
    switch (module.kind) {
      case Module::tok_emb:
        rng_.normal(v, 1.0F);
        if (config_.tok_emb_init == TokEmbInit::construction) draw_tok_emb();
        return;
      case Module::zero_table:
      case Module::value_table:
        rng_.normal(v, 1.0F);
        std::fill(v.begin(), v.end(), 0.0F);
        if (module.kind == Module::value_table) rng_.normal(v, kValueEmbedStd);
        return;
      case Module::gate: rng_.normal(v, kDenseGateStd); return;
      case Module::linear:
      case Module::zero_linear:
      case Module::zeroed_linear: break;
    }
    const float bound = 1.0F / std::sqrt(static_cast<float>(params_.get(module.weight).master.cols()));
    rng_.uniform(v, -bound, bound);
    if (module.kind != Module::linear) std::fill(v.begin(), v.end(), 0.0F);
    if (module.bias.empty()) return;
    std::vector<float> bias = values_.at(module.bias);
    rng_.uniform(bias, -bound, bound);
  }

  void init_linear(const Module& module) {
    if (module.kind != Module::linear && module.kind != Module::zeroed_linear) return;
    const Tensor& w = params_.get(module.weight).master;
    if (std::min(w.rows(), w.cols()) < kMinOrthogonalSide) return;
    std::vector<float>& v = values_.at(module.weight);
    orthogonal(rng_, v, w.rows(), w.cols());
    if (!module.depth_scaled) return;
    const auto scale = static_cast<float>(1.0 / std::sqrt(2.0 * static_cast<double>(config_.num_layers)));
    for (float& x : v) x *= scale;
  }

  void draw_bank_slice(int64_t layer, MatrixKind kind) {
    const BankPlace place = bank_place(layer, kind, config_.num_layers);
    const Shape& shape = params_.get(place.bank).master.shape;
    const auto numel = static_cast<size_t>(shape[1] * shape[2]);
    const auto slice = std::span(values_.at(place.bank)).subspan(static_cast<size_t>(place.index) * numel, numel);
    orthogonal(rng_, slice, shape[1], shape[2]);
  }

  // PR 754 draws each layer's four matrices together, PR 2097 (windowed smear) all attention matrices before all MLPs.
  void draw_banks() {
    const bool mlp_after = config_.smear == Smear::windowed;
    for (int64_t layer = 0; layer < config_.num_layers; ++layer) {
      for (const MatrixKind kind : {MatrixKind::c_q, MatrixKind::c_k, MatrixKind::c_v}) draw_bank_slice(layer, kind);
      if (!mlp_after) draw_bank_slice(layer, MatrixKind::mlp_fc);
    }
    if (!mlp_after) return;
    for (int64_t layer = 0; layer < config_.num_layers; ++layer) draw_bank_slice(layer, MatrixKind::mlp_fc);
  }

  Params& params_;
  const ModelConfig& config_;
  TorchRng rng_;
  std::map<std::string, std::vector<float>> values_;
};

}  // namespace

void init_params(Context& ctx, Params& params, const ModelConfig& config, uint64_t seed) {
  if (!ctx.device().is_meta()) Initializer(params, config, seed).run(ctx);
}

}  // namespace pgolf
