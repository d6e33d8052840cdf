#include "engine/optim/optimizer.h"

#include "engine/optim/flat.h"
#include "engine/optim/groups.h"

namespace pgolf {
namespace {

AdamOptions adam_options(const AdamConfig& config, double weight_decay, bool bf16) {
  return {config.beta1, config.beta2, config.eps, weight_decay, bf16};
}

// Calls f on every gradient slot, in one order.
template <class F>
void for_slots(const Params& params, F f) {
  size_t index = 0;
  for (const Param& param : params.list())
    for (GradSlot& slot : param.slots) f(index++, slot);
}

}  // namespace

Optimizer::Optimizer(Context& ctx, Params& params, const Config& config)
    : params_(params), config_(config), first_(ctx, params), second_(ctx, params) {
  std::vector<size_t> tables, scalars, matrices;
  for (size_t i = 0; i < params.list().size(); ++i) switch (param_group(params.list()[i], config)) {
      case ParamGroup::tables: tables.push_back(i); break;
      case ParamGroup::scalars: scalars.push_back(i); break;
      case ParamGroup::muon: matrices.push_back(i); break;
      case ParamGroup::none: break;
    }
  const AdamConfig& adam = config.adam;
  const bool bf16_tables = config.model.table_rounding == Rounding::bf16;
  tables_.emplace(ctx, params, tables, adam_options(adam, adam.tok_weight_decay, bf16_tables), first_, second_);
  scalars_.emplace(ctx, params, scalars, adam_options(adam, adam.scalar_weight_decay, false), first_, second_);
  muon_.emplace(ctx, params, matrices, config.muon, first_);
  if (config.clip.max_norm > 0 && config.clip.per_rank && config.train.world_size > 1) {
    rank_mean_.emplace(ctx, params, Purpose::gradients);
    for_slots(params, [&](size_t, GradSlot&) { slot_written_.push_back(false); });
  }
  params.zero_grads(ctx);
}

float Optimizer::loss_seed() const {
  const int64_t ranks = rank_mean_ ? 1 : config_.train.world_size;
  return 1.0F / static_cast<float>(config_.train.grad_accum_steps * ranks);
}

void Optimizer::end_rank(Context& ctx) {
  if (!rank_mean_) return;
  clip_to_norm(ctx, params_.flat_grads(), static_cast<float>(config_.clip.max_norm));
  axpby(ctx, 1.0F / static_cast<float>(config_.train.world_size), params_.flat_grads(), 1, rank_mean_->values());
  for_slots(params_, [&](size_t i, const GradSlot& slot) { slot_written_[i] = slot_written_[i] || slot.written; });
  params_.zero_grads(ctx);
}

void Optimizer::collect_rank_means(Context& ctx) {
  rank_mean_->give(ctx, params_.flat_grads());
  ctx.fill_zero(rank_mean_->values());
  for_slots(params_, [&](size_t i, GradSlot& slot) {
    slot.written = slot_written_[i];
    slot_written_[i] = false;
  });
}

void Optimizer::step(Context& ctx, const StepPlan& plan) {
  if (rank_mean_) {
    collect_rank_means(ctx);
  } else if (config_.clip.max_norm > 0) {
    clip_to_norm(ctx, params_.flat_grads(), static_cast<float>(config_.clip.max_norm));
  }
  tables_->step(ctx, config_.adam.tok_lr * plan.lr_scale);
  scalars_->step(ctx, config_.adam.scalar_lr * plan.lr_scale);
  muon_->step(ctx, config_.muon.lr * plan.lr_scale, plan.muon_momentum);
  params_.refresh(ctx);
  params_.zero_grads(ctx);
}

void Optimizer::roll_back(Context& ctx) {
  tables_->reset(ctx);
  scalars_->reset(ctx);
  if (!config_.muon.warmup_momentum_kept) muon_->reset(ctx);
}

}  // namespace pgolf
