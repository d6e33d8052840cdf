#include "engine/model/params.h"

#include <algorithm>

#include "base/error.h"
#include "engine/ops/cast.h"

namespace pgolf {
namespace {

constexpr int64_t kAlignment = 64;  // elements: 256 bytes of float32, 128 of bfloat16

int64_t round_up(int64_t n) { return (n + kAlignment - 1) / kAlignment * kAlignment; }

bool is_bank(const ParamSpec& spec) { return spec.shape.size() == 3 && spec.name.ends_with("_bank"); }

size_t slots_of(const ParamSpec& spec) { return is_bank(spec) ? static_cast<size_t>(spec.shape[0]) : 1; }

Tensor part(const Tensor& flat, int64_t offset, const Shape& shape) {
  return flat.slice(offset, shape.numel()).view(shape);
}

Tensor zeroed(Context& ctx, Arena& arena, int64_t numel, DType dtype) {
  const Tensor out = arena.alloc({numel}, dtype);
  ctx.fill_zero(out);
  return out;
}

}  // namespace

std::string matrix_name(int64_t layer, MatrixKind kind) {
  constexpr const char* kNames[] = {"attn.c_q", "attn.c_k", "attn.c_v", "attn.proj", "mlp.fc", "mlp.proj"};
  return fmt::format("blocks.{}.{}.weight", layer, kNames[static_cast<size_t>(kind)]);
}

BankPlace bank_place(int64_t layer, MatrixKind kind, int64_t num_layers) {
  switch (kind) {
    case MatrixKind::c_q: return {"qo_bank", layer};
    case MatrixKind::attn_proj: return {"qo_bank", num_layers + layer};
    case MatrixKind::c_k: return {"kv_bank", layer};
    case MatrixKind::c_v: return {"kv_bank", num_layers + layer};
    case MatrixKind::mlp_fc: return {"mlp_up_bank", layer};
    case MatrixKind::mlp_proj: return {"mlp_down_bank", layer};
  }
  return {"", 0};
}

bool Param::has_grad() const {
  return std::any_of(slots.begin(), slots.end(), [](const GradSlot& slot) { return slot.written; });
}

Params::Params(Context& ctx, const ModelConfig& config) : Params(ctx, param_table(config)) {
  num_layers_ = config.num_layers;
  banked_ = config.param_banks;
}

Params::Params(Context& ctx, const std::vector<ParamSpec>& specs, Purpose purpose)
    : arena_(ctx.device(), purpose),
      grad_arena_(ctx.device(), purpose == Purpose::weights ? Purpose::gradients : purpose) {
  for (const ParamSpec& spec : specs) num_flat_ += round_up(spec.numel());
  masters_ = zeroed(ctx, arena_, num_flat_, DType::f32);
  grads_ = zeroed(ctx, grad_arena_, num_flat_, DType::f32);
  copies_ = ctx.compute() == DType::f32 ? masters_ : zeroed(ctx, arena_, num_flat_, ctx.compute());
  lay_out(specs);
}

void Params::lay_out(const std::vector<ParamSpec>& specs) {
  size_t num_slots = 0, slot = 0;
  for (const ParamSpec& spec : specs) num_slots += slots_of(spec);
  slots_ = std::make_unique<GradSlot[]>(num_slots);
  int64_t offset = 0;
  for (const ParamSpec& spec : specs) {
    const Shape shape(spec.shape);
    const std::span<GradSlot> slots(&slots_[slot], slots_of(spec));
    const Tensor grad = part(grads_, offset, shape);
    for (size_t i = 0; i < slots.size(); ++i) slots[i].grad = is_bank(spec) ? grad[static_cast<int64_t>(i)] : grad;
    check(index_.emplace(spec.name, list_.size()).second, "tensor '{}' is listed twice", spec.name);
    list_.push_back({spec.name, part(masters_, offset, shape), grad, part(copies_, offset, shape), slots, offset,
                     is_bank(spec), false});
    offset += round_up(spec.numel());
    slot += slots.size();
  }
}

const Param& Params::get(std::string_view name) const {
  const auto found = index_.find(name);
  check(found != index_.end(), "the model has no tensor '{}'", name);
  return list_[found->second];
}

int64_t Params::num_elements() const {
  int64_t total = 0;
  for (const Param& param : list_) total += param.master.numel();
  return total;
}

Var Params::master(std::string_view name) const {
  const Param& param = get(name);
  return {param.master, param.frozen || param.is_bank ? nullptr : &param.slots[0]};
}

Var Params::weight(std::string_view name) const {
  const Param& param = get(name);
  return {param.copy, param.frozen || param.is_bank ? nullptr : &param.slots[0]};
}

Var Params::slice_var(const Param& param, int64_t i) const {
  return {param.copy[i], param.frozen ? nullptr : &param.slots[static_cast<size_t>(i)]};
}

Var Params::bank_slice(std::string_view bank, int64_t i) const { return slice_var(get(bank), i); }

Var Params::matrix(int64_t layer, MatrixKind kind) const {
  if (!banked_) return weight(matrix_name(layer, kind));
  const BankPlace place = bank_place(layer, kind, num_layers_);
  return bank_slice(place.bank, place.index);
}

Tensor Params::master_matrix(int64_t layer, MatrixKind kind) const {
  if (!banked_) return get(matrix_name(layer, kind)).master;
  const BankPlace place = bank_place(layer, kind, num_layers_);
  return get(place.bank).master[place.index];
}

std::vector<Params::Named> Params::unbanked() const {
  std::vector<Named> out;
  for (const Param& param : list_)
    if (!banked_ || !param.name.ends_with("_bank")) out.push_back({param.name, param.master});
  if (banked_)
    for (int64_t layer = 0; layer < num_layers_; ++layer)
      for (const MatrixKind kind : kMatrixKinds) out.push_back({matrix_name(layer, kind), master_matrix(layer, kind)});
  return out;
}

void Params::set_frozen(const std::function<bool(const std::string& name)>& frozen) {
  for (Param& param : list_) param.frozen = frozen(param.name);
}

void Params::zero_grads(Context& ctx) {
  ctx.fill_zero(grads_);
  for (Param& param : list_)
    for (GradSlot& slot : param.slots) slot.written = false;
}

void Params::refresh(Context& ctx) {
  if (copies_.data != masters_.data) cast_into(ctx, masters_, {copies_});
}

FlatCopy::FlatCopy(Context& ctx, const Params& params, Purpose purpose)
    : arena_(ctx.device(), purpose), values_(zeroed(ctx, arena_, params.num_flat(), DType::f32)) {}

}  // namespace pgolf
