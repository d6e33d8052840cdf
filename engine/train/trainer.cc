#include "engine/train/trainer.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/progress.h"
#include "engine/config/fields.h"
#include "engine/core/transfer.h"
#include "engine/model/init.h"
#include "engine/optim/flat.h"

namespace pgolf {

Trainer::Trainer(const PhaseOptions& options, EventLog& events)
    : Trainer(options, events, TrainBatches(options.data_dir, options.pinned.config, options.known_shards, events)) {}

Trainer::Trainer(const PhaseOptions& options, EventLog& events, TrainBatches batches)
    : config_(options.pinned.config),
      events_(events),
      ctx_(options.context()),
      params_(ctx_, config_.model),
      model_(config_.model, params_, config_.data.bos_id),
      batches_(std::move(batches)),
      optimizer_(ctx_, params_, config_),
      averages_(ctx_, params_, config_),
      persistent_(options.device),
      losses_(persistent_.alloc({2 * config_.train.log_every}, DType::f32)) {
  if (options.schedule) clock_ = TrainingClock(config_, *options.schedule);
  init_params(ctx_, params_, config_.model, static_cast<uint64_t>(options.pinned.seed));
}

// Forward and backward with every switch of the schedule thrown, so that none of them asks for memory later.
void Trainer::reserve_memory() {
  MicroBatch batch = batches_.next(ctx_, 0);
  const QatState qat{config_.qat, 1.0};
  batch.pass.looping = config_.model.num_loops > 0;
  batch.pass.qat = &qat;
  ctx_.start_tape();
  ctx_.backward(model_.loss(ctx_, batch.pass, batch.targets));
  ctx_.reset();
  params_.zero_grads(ctx_);
  batches_.rewind();
}

// The steps start at the second micro-batch, as in PR 2097, the one submission where that shows: it spends the first on
// other sizes of attention, and its momentum outlives the warm-up.
void Trainer::warm_up() {
  reserve_memory();
  batches_.skip();
  Arena host(kCpu, Purpose::host);
  const Tensor initial = host.alloc(params_.flat_masters().shape, DType::f32);
  ctx_.copy(initial, params_.flat_masters());
  for (const StepPlan& plan : plan_warmup(config_)) step(plan, 0);
  ctx_.copy(params_.flat_masters(), initial);
  params_.refresh(ctx_);
  optimizer_.roll_back(ctx_);
  batches_.rewind();
  ctx_.synchronize();
}

// Everything that follows the clock follows the one reading per step that its event records, so that these events are
// enough to repeat the training.
void Trainer::train() {
  averages_.start(ctx_);
  Progress progress("train", config_.train.iterations, "steps", config_.train.max_wallclock_seconds);
  clock_.start();
  StepPlan plan;
  double before_ms = 0, measured_before_ms = 0;
  for (int64_t done = 0; !training_is_over(config_, done, before_ms);) {
    plan = plan_step(config_, clock_.position(done), before_ms, plan);
    step(plan, static_cast<int64_t>(pending_.size()));
    averages_.update(ctx_, ++done, plan.lr_scale);
    StepEvent event{.step = done, .lr_scale = plan.lr_scale, .tokens = config_.train.batch_tokens};
    event.switches = switches_of(plan);
    pending_.push_back(event);
    std::vector<float> losses;
    if (static_cast<int64_t>(pending_.size()) == config_.train.log_every) losses = download_losses();
    const double measured_ms = clock_.measured_ms();
    pending_.back().tok_per_s = static_cast<double>(event.tokens) / (measured_ms - measured_before_ms) * 1e3;
    pending_.back().elapsed_ms = before_ms = clock_.after_step(done);
    measured_before_ms = measured_ms;
    if (!losses.empty()) report(losses);
    progress.update(done);
  }
  if (!pending_.empty()) report(download_losses());
  progress.finish();
}

// Forward and backward of every micro-batch of every rank, then the update. The losses of the step stand at `slot` of
// both halves of `losses_` then: the mean over all micro-batches, and over those of rank 0, which is what all five
// scripts print.
void Trainer::step(const StepPlan& plan, int64_t slot) {
  const TrainConfig& train = config_.train;
  const Tensor loss = losses_.slice(slot, 1), rank0_loss = losses_.slice(train.log_every + slot, 1);
  const QatState qat{config_.qat, plan.soft_round_alpha};
  const auto micro_batches = static_cast<float>(train.world_size * train.grad_accum_steps);
  ctx_.fill_zero(loss);
  ctx_.fill_zero(rank0_loss);
  for (int rank = 0; rank < train.world_size; ++rank) {
    for (int64_t micro = 0; micro < train.grad_accum_steps; ++micro) {
      ctx_.reset();
      MicroBatch batch = batches_.next(ctx_, rank);
      batch.pass.looping = plan.looping;
      if (plan.qat || plan.crown_q) batch.pass.qat = &qat;
      ctx_.start_tape();
      const Var mean = model_.loss(ctx_, batch.pass, batch.targets);
      axpby(ctx_, 1.0F / micro_batches, mean.value, 1.0F, loss);
      if (rank == 0) axpby(ctx_, 1.0F / static_cast<float>(train.grad_accum_steps), mean.value, 1.0F, rank0_loss);
      ctx_.backward(mean, optimizer_.loss_seed());
    }
    optimizer_.end_rank(ctx_);
  }
  ctx_.reset();
  optimizer_.step(ctx_, plan);
}

// The one place where training waits for the device.
std::vector<float> Trainer::download_losses() { return download(ctx_, losses_); }

void Trainer::report(const std::vector<float>& losses) {
  for (size_t i = 0; i < pending_.size(); ++i) {
    pending_[i].train_loss = losses[i];
    pending_[i].rank0_loss = losses[static_cast<size_t>(config_.train.log_every) + i];
    events_.write(pending_[i]);
    if (!std::isfinite(losses[i])) {
      events_.sync();
      fail(ErrorKind::submission,
           "the training loss is {} at step {}; lower muon.lr, adam.tok_lr or adam.scalar_lr, or look at the data",
           losses[i], pending_[i].step);
    }
  }
  pending_.clear();
}

void Trainer::export_to(const std::filesystem::path& path) {
  const Export kind = averages_.resolve(config_.average.export_weights);
  averages_.load(ctx_, kind);
  Config exported = config_;
  exported.average.export_weights = kind;
  params_.save(ctx_, path,
               {{"format", "pgolf.checkpoint/1"},
                {"weights", config_field("average.export_weights").get(exported).get<std::string>()}});
}

}  // namespace pgolf
