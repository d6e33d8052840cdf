#include "engine/optim/optimizer.h"

#include <algorithm>

#include "engine/optim/flat.h"
#include "engine/optim/groups.h"

namespace pgolf {
namespace {

AdamOptions adam_options(const AdamConfig& config, double weight_decay, bool bf16) {
  return {config.beta1, config.beta2, config.eps, weight_decay, bf16};
}

// What the scripts hold, and so reduce, in bfloat16 (train.reduce_rounding).
std::vector<size_t> reduced_in_bf16(const Params& params, const Config& config) {
  std::vector<size_t> out;
  if (config.train.reduce_rounding == Rounding::f32) return out;
  const bool bf16_tables = config.model.table_rounding == Rounding::bf16;
  for (size_t i = 0; i < params.list().size(); ++i)
    if (params.list()[i].is_bank || (bf16_tables && is_embedding_table(params.list()[i].name))) out.push_back(i);
  return out;
}

}  // namespace

Optimizer::Optimizer(Context& ctx, Params& params, const Config& config, Comm& comm)
    : params_(params),
      config_(config),
      first_(ctx, params),
      second_(ctx, params),
      rank_mean_(ctx, params, comm, config.train.world_size, reduced_in_bf16(params, config)) {
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
  muon_.emplace(ctx, params, matrices, config.muon, first_, comm);
  params.zero_grads(ctx);
}

float Optimizer::loss_seed() const { return 1.0F / static_cast<float>(config_.train.grad_accum_steps); }

// With one rank, its own gradients are the mean.
bool Optimizer::clips(bool per_rank) const {
  return config_.clip.max_norm > 0 && per_rank == (config_.clip.per_rank && config_.train.world_size > 1);
}

void Optimizer::end_rank(Context& ctx) {
  if (clips(true)) clip_to_norm(ctx, params_.flat_grads(), static_cast<float>(config_.clip.max_norm));
  rank_mean_.add(ctx);
}

void Optimizer::step(Context& ctx, const StepPlan& plan, const std::function<void()>& see_mean) {
  rank_mean_.finish(ctx, config_.train.world_size);
  see_mean();
  if (clips(false)) clip_to_norm(ctx, params_.flat_grads(), static_cast<float>(config_.clip.max_norm));
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

std::vector<FlatState> Optimizer::state() const {
  std::vector<size_t> adam = tables_->members();
  adam.insert(adam.end(), scalars_->members().begin(), scalars_->members().end());
  std::sort(adam.begin(), adam.end());
  std::vector<size_t> all = adam;
  all.insert(all.end(), muon_->members().begin(), muon_->members().end());
  std::sort(all.begin(), all.end());
  return {{"first", first_.values(), all}, {"second", second_.values(), adam}};
}

std::vector<int64_t> Optimizer::adam_steps() const {
  std::vector<int64_t> out = tables_->steps();
  for (const size_t member : scalars_->members()) out[member] = scalars_->steps()[member];
  return out;
}

void Optimizer::set_adam_steps(const std::vector<int64_t>& steps) {
  for (Adam* adam : {&*tables_, &*scalars_}) {
    std::vector<int64_t> own(steps.size());
    for (const size_t member : adam->members()) own[member] = steps[member];
    adam->set_steps(own);
  }
}

}  // namespace pgolf
