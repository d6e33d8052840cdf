#include "engine/optim/average.h"

#include <numeric>

#include "engine/optim/flat.h"
#include "engine/optim/groups.h"

namespace pgolf {

Averages::Averages(Context& ctx, Params& params, const Config& config)
    : params_(params), config_(config.average), table_rounding_(config.model.table_rounding) {
  if (config_.ema_decay > 0) ema_.emplace(ctx, params, Purpose::averages);
  const bool collects = config_.swa == SwaKind::raw_below_scale || (config_.swa == SwaKind::ema_every && ema_);
  if (collects) swa_sum_.emplace(ctx, params, Purpose::averages);
}

void Averages::start(Context& ctx) {
  if (ema_) ema_->take(ctx, params_.flat_masters());
  if (swa_sum_) ctx.fill_zero(swa_sum_->values());
  swa_count_ = 0;
}

void Averages::update(Context& ctx, int64_t steps_done, double lr_scale) {
  if (ema_)
    axpby(ctx, static_cast<float>(1 - config_.ema_decay), params_.flat_masters(), static_cast<float>(config_.ema_decay),
          ema_->values());
  const bool collects =
      swa_sum_ && lr_scale < config_.swa_below_scale && config_.swa_every > 0 && steps_done % config_.swa_every == 0;
  if (!collects) return;
  axpby(ctx, 1, config_.swa == SwaKind::ema_every ? ema_->values() : params_.flat_masters(), 1, swa_sum_->values());
  ++swa_count_;
}

std::vector<FlatState> Averages::state() const {
  std::vector<size_t> all(params_.list().size());
  std::iota(all.begin(), all.end(), size_t{0});
  std::vector<FlatState> out;
  if (ema_) out.push_back({"ema", ema_->values(), all});
  if (swa_sum_) out.push_back({"swa", swa_sum_->values(), all});
  return out;
}

Export Averages::resolve(Export wanted) const {
  if (wanted == Export::swa && swa_count_ > 0) return Export::swa;
  return wanted != Export::raw && ema_ ? Export::ema : Export::raw;
}

void Averages::load(Context& ctx, Export wanted) {
  const Tensor& masters = params_.flat_masters();
  switch (resolve(wanted)) {
    case Export::raw: return;
    case Export::ema: ema_->give(ctx, masters); break;
    case Export::swa: axpby(ctx, 1.0F / static_cast<float>(swa_count_), swa_sum_->values(), 0, masters); break;
  }
  for (const Param& param : params_.list())
    if (table_rounding_ == Rounding::bf16 && is_embedding_table(param.name)) round_to_bf16_(ctx, param.master);
  params_.refresh(ctx);
}

}  // namespace pgolf
