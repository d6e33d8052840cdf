#include "engine/quant/plan.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <string_view>

#include "base/error.h"
#include "engine/config/tensor_names.h"

namespace pgolf {
namespace {

constexpr int64_t kMinGateNumel = 32, kMaxGateNumel = 8192;
constexpr int64_t kInt6 = 6, kInt8 = 8;

bool contains(std::string_view name, std::string_view part) { return name.find(part) != std::string_view::npos; }

// True if one of the comma-separated `parts` occurs in the name.
bool contains_any(std::string_view name, std::string_view parts) {
  while (!parts.empty()) {
    const auto comma = std::min(parts.find(','), parts.size());
    if (comma > 0 && contains(name, parts.substr(0, comma))) return true;
    parts.remove_prefix(std::min(comma + 1, parts.size()));
  }
  return false;
}

bool is_table(std::string_view name) { return contains(name, "tok_emb"); }

// Weights of linear maps whose inputs calibration observes, and the tied head.
bool has_hessian(std::string_view name) {
  for (const char* kind : {kTokenTable, ".c_q.weight", ".c_k.weight", ".c_v.weight", ".proj.weight", ".fc.weight"})
    if (name.ends_with(kind)) return true;
  return false;
}

// N of "blocks.N.", -1 for tensors outside blocks.
int64_t layer_of(std::string_view name) {
  const auto at = name.find("blocks.");
  if (at == std::string_view::npos) return -1;
  int64_t layer = -1;
  std::from_chars(name.data() + at + 7, name.data() + name.size(), layer);
  return layer;
}

void plan_row_absmax(PlanEntry& e, const QuantConfig& c) {
  const bool matrix = contains_any(e.name, "mlp,.attn.,.c_q.,.c_k.,.c_v.");
  e.coding = matrix ? Coding::row_absmax : Coding::row_quantile;
  e.bits = matrix ? c.matrix_bits : c.embed_bits;
}

void plan_gptq_ascending(PlanEntry& e, const QuantConfig& c, int64_t num_layers) {
  const bool matrix = !contains_any(e.name, "tok_emb,lm_head") && contains_any(e.name, ".mlp.,.attn.,.proj.");
  e.coding = !matrix ? Coding::row_quantile : has_hessian(e.name) ? Coding::gptq_ascending : Coding::clip_search;
  e.bits = !matrix ? c.embed_bits : layer_of(e.name) >= num_layers - c.int6_last_n ? kInt6 : c.matrix_bits;
}

int64_t gptq_bits(std::string_view name, const QuantConfig& c) {
  if (is_table(name)) return c.embed_bits;
  if (c.matrix_bits_kv > 0 && contains_any(name, "attn.c_k,attn.c_v")) return c.matrix_bits_kv;
  if (c.matrix_bits_mlp_fc > 0 && contains(name, "mlp.fc")) return c.matrix_bits_mlp_fc;
  if (c.matrix_bits_mlp_proj > 0 && contains(name, "mlp.proj")) return c.matrix_bits_mlp_proj;
  return c.matrix_bits;
}

double gptq_clip_sigmas(std::string_view name, const QuantConfig& c) {
  if (is_table(name)) return c.embed_clip_sigmas;
  if (c.mlp_clip_sigmas > 0 && contains(name, ".mlp.")) return c.mlp_clip_sigmas;
  if (c.attn_clip_sigmas > 0 && contains(name, ".attn.")) return c.attn_clip_sigmas;
  return c.matrix_clip_sigmas;
}

bool in_lqer_scope(std::string_view name, LqerScope scope) {
  switch (scope) {
    case LqerScope::all: return true;
    case LqerScope::mlp: return contains(name, ".mlp.");
    case LqerScope::attn: return contains(name, ".attn.");
    case LqerScope::embed: return is_table(name);
  }
  return false;
}

void plan_gptq(PlanEntry& e, const QuantConfig& c) {
  e.coding = Coding::gptq;
  e.bits = gptq_bits(e.name, c);
  e.clip_sigmas = gptq_clip_sigmas(e.name, c);
  e.hadamard = c.hadamard && !is_table(e.name);
  if (e.hadamard && !std::has_single_bit(static_cast<uint64_t>(e.cols())))
    fail(ErrorKind::usage, "quant.hadamard: tensor '{}' has {} columns, a rotation needs a power of two", e.name,
         e.cols());
  e.protectable = c.awq_top_k > 0 && e.bits < c.awq_bits;
  e.correctable = c.lqer_top_k > 0 && in_lqer_scope(e.name, c.lqer_scope);
}

PlanEntry plan_tensor(const ParamSpec& tensor, const QuantConfig& c, int64_t num_layers) {
  PlanEntry e;
  e.name = tensor.name;
  e.shape = tensor.shape;
  const int64_t numel = e.numel();
  if (c.gate_int8_rows && e.shape.size() == 2 && e.name.ends_with(".attn_gate_w") && numel >= kMinGateNumel &&
      numel <= kMaxGateNumel) {
    e.coding = Coding::gate_rows;
    e.bits = kInt8;
    return e;
  }
  const bool uncoded = c.scheme == QuantScheme::gptq && !has_hessian(e.name);
  if (numel <= c.keep_float_max_numel || uncoded || contains_any(e.name, c.keep_f16_names)) {
    e.coding = contains_any(e.name, c.keep_f32_names) ? Coding::f32 : Coding::f16;
    return e;
  }
  if (e.shape.size() != 2)
    fail(ErrorKind::usage, "tensor '{}' has {} dimensions and {} elements; only matrices are quantised", e.name,
         e.shape.size(), numel);
  e.prune_fraction = c.prune_fraction;
  switch (c.scheme) {
    case QuantScheme::row_absmax: plan_row_absmax(e, c); break;
    case QuantScheme::gptq_lite:
      e.coding = Coding::clip_search;
      e.bits = c.matrix_bits;
      break;
    case QuantScheme::gptq_ascending: plan_gptq_ascending(e, c, num_layers); break;
    case QuantScheme::gptq: plan_gptq(e, c); break;
  }
  return e;
}

}  // namespace

int64_t PlanEntry::numel() const { return ParamSpec{name, shape}.numel(); }

QuantPlan make_plan(const QuantConfig& config, int64_t num_layers, const std::vector<ParamSpec>& tensors) {
  QuantPlan plan{config, {}};
  for (const ParamSpec& tensor : tensors) plan.entries.push_back(plan_tensor(tensor, config, num_layers));
  return plan;
}

}  // namespace pgolf
