#include "engine/eval/base_optimizer.h"

#include <numeric>

namespace pgolf {
namespace {

std::vector<size_t> all_members(const Params& params) {
  std::vector<size_t> members(params.list().size());
  std::iota(members.begin(), members.end(), size_t{0});
  return members;
}

}  // namespace

AdamW::AdamW(Context& ctx, Params& params, const TttConfig& ttt)
    : first_(ctx, params),
      second_(ctx, params),
      adam_(ctx, params, all_members(params),
            {.beta1 = ttt.beta1, .beta2 = ttt.beta2, .eps = ttt.eps, .weight_decay = ttt.weight_decay}, first_,
            second_) {}

BaseOptimizer::BaseOptimizer(Context& ctx, Params& params, const Config& config) : params_(params) {
  if (config.ttt.optimizer == TttOptimizer::sgd)
    sgd_.emplace(ctx, params, config.ttt.momentum, config.model.table_rounding == Rounding::bf16);
  else
    adamw_.emplace(ctx, params, config.ttt);
}

void BaseOptimizer::step(Context& ctx, double lr) {
  if (sgd_) sgd_->step(ctx, lr);
  if (adamw_) adamw_->step(ctx, lr);
  params_.refresh(ctx);
}

}  // namespace pgolf
