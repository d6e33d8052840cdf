#include "engine/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/error.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "engine/config/fields.h"
#include "engine/core/transfer.h"
#include "engine/model/init.h"
#include "engine/optim/flat.h"

namespace pgolf {

Trainer::Trainer(const PhaseOptions& options, EventLog& events)
    : Trainer(options, events,
              TrainBatches(options.data_dir, options.pinned.config,
                           options.comm->ranks(options.pinned.config.train.world_size), options.known_shards, events)) {
}

Trainer::Trainer(const PhaseOptions& options, EventLog& events, TrainBatches batches)
    : config_(options.pinned.config),
      comm_(*options.comm),
      ranks_(comm_.ranks(config_.train.world_size)),
      events_(events),
      ctx_(options.context()),
      params_(ctx_, config_.model),
      model_(config_.model, params_, config_.data.bos_id),
      batches_(std::move(batches)),
      optimizer_(ctx_, params_, config_, comm_),
      averages_(ctx_, params_, config_),
      persistent_(options.device),
      losses_(persistent_.alloc({ranks_.size(), config_.train.log_every}, DType::f32)) {
  if (options.schedule) clock_ = TrainingClock(config_, *options.schedule);
  init_params(ctx_, params_, config_.model, static_cast<uint64_t>(options.pinned.seed));
}

// Forward and backward with every switch of the schedule thrown, so that none of them asks for memory later.
void Trainer::reserve_memory() {
  MicroBatch batch = batches_.next(ctx_, ranks_.begin);
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
int64_t Trainer::train() {
  averages_.start(ctx_);
  Progress progress("train", config_.train.iterations, "steps", config_.train.max_wallclock_seconds);
  clock_.start();
  StepPlan plan;
  double before_ms = 0, measured_before_ms = 0;
  int64_t done = 0;
  while (!training_is_over(config_, done, before_ms)) {
    plan = plan_step(config_, clock_.position(done), before_ms, plan);
    step(plan, static_cast<int64_t>(pending_.size()));
    averages_.update(ctx_, ++done, plan.lr_scale);
    StepEvent event{.step = done, .lr_scale = plan.lr_scale, .tokens = config_.train.batch_tokens};
    event.switches = switches_of(plan);
    pending_.push_back(event);
    const bool reads = static_cast<int64_t>(pending_.size()) == config_.train.log_every;
    const std::vector<float> losses = reads ? collect_losses() : std::vector<float>();
    const double measured_ms = clock_.measured_ms();
    pending_.back().tok_per_s = static_cast<double>(event.tokens) / (measured_ms - measured_before_ms) * 1e3;
    pending_.back().elapsed_ms = before_ms = comm_.broadcast_value(clock_.after_step(done));
    measured_before_ms = measured_ms;
    if (reads) report(losses);
    progress.update(done);
  }
  if (!pending_.empty()) report(collect_losses());
  progress.finish();
  return done;
}

// Forward and backward of every micro-batch of this process's ranks, then the update. Each rank's mean loss stands in
// its row of `losses_` at `slot` then.
void Trainer::step(const StepPlan& plan, int64_t slot) {
  const TrainConfig& train = config_.train;
  const QatState qat{config_.qat, plan.soft_round_alpha};
  for (int rank = ranks_.begin; rank < ranks_.end; ++rank) {
    const Tensor loss = losses_[rank - ranks_.begin].slice(slot, 1);
    ctx_.fill_zero(loss);
    for (int64_t micro = 0; micro < train.grad_accum_steps; ++micro) {
      ctx_.reset();
      MicroBatch batch = batches_.next(ctx_, rank);
      batch.pass.looping = plan.looping;
      if (plan.qat || plan.crown_q) batch.pass.qat = &qat;
      ctx_.start_tape();
      const Var mean = model_.loss(ctx_, batch.pass, batch.targets);
      axpby(ctx_, 1.0F / static_cast<float>(train.grad_accum_steps), mean.value, 1.0F, loss);
      ctx_.backward(mean, optimizer_.loss_seed());
    }
    optimizer_.end_rank(ctx_);
  }
  ctx_.reset();
  optimizer_.step(ctx_, plan);
}

// [world, train.log_every] of every rank, at the first process. The one place where training waits for the device.
std::vector<float> Trainer::collect_losses() { return comm_.gather_values(download(ctx_, losses_)); }

// Rank 0's loss is what all five scripts print.
void Trainer::report(const std::vector<float>& losses) {
  const auto world = static_cast<size_t>(config_.train.world_size), every = losses.size() / world;
  for (size_t i = 0; i < pending_.size() && comm_.is_first(); ++i) {
    float sum = 0;
    for (size_t rank = 0; rank < world; ++rank) sum += losses[rank * every + i];
    pending_[i].train_loss = sum / static_cast<float>(world);
    pending_[i].rank0_loss = losses[i];
    events_.write(pending_[i]);
    if (!std::isfinite(sum)) {
      events_.sync();
      fail(ErrorKind::submission,
           "the training loss is {} at step {}; lower muon.lr, adam.tok_lr or adam.scalar_lr, or look at the data", sum,
           pending_[i].step);
    }
  }
  check_equal_weights(pending_.back().step);
  pending_.clear();
}

// Every process has made the same updates, or the machine is broken.
void Trainer::check_equal_weights(int64_t step) {
  if (comm_.is_alone()) return;
  const std::vector<float> weights = download(ctx_, params_.flat_masters());
  const std::vector<std::string> hashes = comm_.gather(sha256_hex(std::as_bytes(std::span(weights))));
  for (size_t p = 1; p < hashes.size(); ++p)
    if (hashes[p] != hashes[0])
      fail(ErrorKind::machine, "process {} of {} has other weights than process 0 after step {}; check the machine", p,
           hashes.size(), step);
  if (comm_.is_first()) events_.write(WeightsEvent{step, hashes[0]});
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
