#include "engine/model/lora.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "engine/ops/lora.h"

namespace pgolf {
namespace {

constexpr char kHead[] = "lm_head_lora";

std::string slot_name(LoraSlot slot, int64_t position) {
  constexpr const char* kNames[] = {"q_loras", "k_loras", "v_loras", "o_loras", "mlp_loras", "mlp_loras"};
  return fmt::format("{}.{}", kNames[static_cast<size_t>(slot)], position);
}

// In order of construction.
std::vector<ParamSpec> adapter_table(const ModelConfig& m, const TttConfig& ttt, int64_t docs) {
  const int64_t D = m.model_dim, kv = m.num_kv_heads * m.head_dim(), r = ttt.lora_rank;
  const auto positions = static_cast<int64_t>(layer_sequence(m, m.num_loops > 0).size());
  std::vector<ParamSpec> table;
  const auto add = [&](const std::string& name, int64_t out) {
    table.push_back({name + ".A", {docs, r, D}});
    table.push_back({name + ".B", {docs, out, r}});
  };
  const auto add_all = [&](bool wanted, LoraSlot slot, int64_t out) {
    for (int64_t p = 0; wanted && p < positions; ++p) add(slot_name(slot, p), out);
  };
  add(kHead, m.vocab_size);
  add_all(ttt.lora_q, LoraSlot::q, D);
  add_all(ttt.lora_v, LoraSlot::v, kv);
  add_all(ttt.lora_k, LoraSlot::k, kv);
  add_all(ttt.lora_mlp != LoraMlp::none, LoraSlot::mlp_hidden, ttt.lora_mlp == LoraMlp::hidden ? m.mlp_hidden : D);
  add_all(ttt.lora_o, LoraSlot::o, D);
  return table;
}

}  // namespace

LoraSet::LoraSet(Context& ctx, const ModelConfig& model, const TttConfig& ttt, int64_t docs)
    : docs_(docs),
      scale_(static_cast<float>(ttt.lora_alpha / static_cast<double>(ttt.lora_rank))),
      warm_start_(ttt.lora_warm_start),
      mlp_(ttt.lora_mlp),
      params_(std::make_unique<Params>(ctx, adapter_table(model, ttt, docs), Purpose::adapters)) {}

// f(piece, in) for every A in pieces of bounded size; `in` is the width of its matrices. None on the meta device, which
// has nothing to be filled.
template <class F>
void LoraSet::for_pieces_of_a(F f) const {
  constexpr int64_t kPiece = int64_t{1} << 20;
  if (params_->flat_masters().device.is_meta()) return;
  for (const Param& param : params_->list()) {
    if (!param.name.ends_with(".A")) continue;
    const Tensor flat = param.master.view({param.master.numel()});
    for (int64_t at = 0; at < flat.numel(); at += kPiece)
      f(flat.slice(at, std::min(kPiece, flat.numel() - at)), param.master.cols());
  }
}

void LoraSet::draw(Context& ctx, TorchRng& rng) {
  ctx.fill_zero(params_->flat_masters());
  std::vector<float> values;
  for_pieces_of_a([&](const Tensor& piece, int64_t in) {
    const auto bound = static_cast<float>(1.0 / std::sqrt(static_cast<double>(in)));
    values.resize(static_cast<size_t>(piece.numel()));
    rng.uniform(values, -bound, bound);
    ctx.copy(piece, {values.data(), piece.shape, DType::f32, kCpu});
  });
  params_->refresh(ctx);
}

std::vector<float> LoraSet::a(Context& ctx) const {
  std::vector<float> values;
  for_pieces_of_a([&](const Tensor& piece, int64_t) {
    const size_t at = values.size();
    values.resize(at + static_cast<size_t>(piece.numel()));
    ctx.copy({values.data() + at, piece.shape, DType::f32, kCpu}, piece);
  });
  return values;
}

void LoraSet::set_a(Context& ctx, std::span<const float> values) {
  ctx.fill_zero(params_->flat_masters());
  for_pieces_of_a([&](const Tensor& piece, int64_t) {
    const auto count = static_cast<size_t>(piece.numel());
    check(count <= values.size(), "lora: factors of another set");
    ctx.copy(piece, {const_cast<float*>(values.data()), piece.shape, DType::f32, kCpu});
    values = values.subspan(count);
  });
  params_->refresh(ctx);
}

void LoraSet::reset(Context& ctx, TorchRng& rng) {
  if (!warm_start_) return draw(ctx, rng);
  for (const Param& param : params_->list())
    if (param.name.ends_with(".B")) ctx.fill_zero(param.master);
  params_->refresh(ctx);
}

Var LoraSet::add(Context& ctx, LoraSlot slot, int64_t position, const Var& y, const Var& x) const {
  if (slot == LoraSlot::mlp_hidden && mlp_ != LoraMlp::hidden) return y;
  if (slot == LoraSlot::mlp_output && mlp_ != LoraMlp::output) return y;
  return add_named(ctx, slot_name(slot, position), y, x);
}

Var LoraSet::add_head(Context& ctx, const Var& logits, const Var& x) const { return add_named(ctx, kHead, logits, x); }

Var LoraSet::add_named(Context& ctx, const std::string& name, const Var& y, const Var& x) const {
  if (!params_->contains(name + ".A")) return y;
  return add_lora(ctx, y, x, params_->weight(name + ".A"), params_->weight(name + ".B"), scale_);
}

}  // namespace pgolf
