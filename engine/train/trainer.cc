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
namespace {

constexpr int64_t kMostWaiting = 64;  // steps whose leaves wait on the device, some 20 KB each

}  // namespace

Trainer::Trainer(const PhaseOptions& options, EventLog& events)
    : Trainer(options, events,
              TrainBatches(options.data_dir, options.pinned.config,
                           options.comm->ranks(options.pinned.config.train.world_size), options.known_shards, events)) {
}

Trainer::Trainer(const PhaseOptions& options, EventLog& events, TrainBatches batches)
    : config_(options.pinned.config),
      config_sha256_(pinned_sha256(options.pinned)),
      hashed_(options.hashed),
      states_(options.run_dir / kStatesDirectory),
      report_every_(hashed_.wanted() ? std::min(config_.train.log_every, kMostWaiting) : config_.train.log_every),
      comm_(*options.comm),
      ranks_(comm_.ranks(config_.train.world_size)),
      events_(events),
      ctx_(options.context()),
      params_(ctx_, config_.model),
      model_(config_.model, params_, config_.data.bos_id),
      batches_(std::move(batches)),
      optimizer_(ctx_, params_, config_, comm_),
      averages_(ctx_, params_, config_),
      state_(params_, optimizer_, averages_),
      persistent_(options.device),
      losses_(persistent_.alloc({ranks_.size(), config_.train.log_every}, DType::f32)) {
  if (options.schedule) clock_ = TrainingClock(config_, *options.schedule);
  if (hashed_.wanted()) hash_.emplace(ctx_, state_, config_, comm_, report_every_);
  if (!hashed_.state.empty() && !options.schedule)
    fail(ErrorKind::usage, "{}: training goes on from a state by a recorded clock alone; name it with --schedule",
         hashed_.state.string());
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
  if (!hashed_.state.empty()) return;
  batches_.skip(1);
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

// At the first step, or after the one whose state is given; what the clock had decided by then is decided again.
Trainer::Position Trainer::start() {
  averages_.start(ctx_);
  Position at;
  if (hash_ && comm_.is_first()) std::filesystem::create_directories(states_);
  if (!hashed_.state.empty()) {
    const int64_t done = load_state();
    for (; at.done < done; ++at.done) {
      at.plan = plan_step(config_, clock_.position(at.done), at.before_ms, at.plan);
      at.before_ms = clock_.after_step(at.done + 1);
    }
    batches_.skip(done * config_.train.grad_accum_steps);
  }
  if (hash_ && comm_.is_first()) leaves_.emplace(states_ / kLeavesFile, config_sha256_, hash_->layout(), at.done + 1);
  clock_.start();
  return at;
}

int64_t Trainer::load_state() {
  const TrainingState::Loaded loaded = state_.load(ctx_, hashed_.state, config_sha256_);
  hash_->add_state(ctx_, 0, loaded.step);
  const auto leaves = hash_->collect(ctx_, 1);
  if (!comm_.is_first()) return loaded.step;
  const std::string state = hex(roots_of(hash_->layout(), leaves[0]).state);
  if (state != loaded.state)
    fail(ErrorKind::submission, "{}: damaged: its tensors hash to {:.12}, it says {:.12}", hashed_.state.string(),
         state, loaded.state);
  events_.write(StateEvent{loaded.step, state, ""});
  return loaded.step;
}

bool Trainer::is_over(const Position& at) const {
  return (hashed_.until > 0 && at.done >= hashed_.until) || training_is_over(config_, at.done, at.before_ms);
}

// Everything that follows the clock follows the one reading per step that its event records, so that these events are
// enough to repeat the training.
int64_t Trainer::train() {
  Progress progress("train", config_.train.iterations, "steps", config_.train.max_wallclock_seconds);
  Position at = start();
  double measured_before_ms = 0;
  while (!is_over(at)) {
    at.plan = plan_step(config_, clock_.position(at.done), at.before_ms, at.plan);
    const auto slot = static_cast<int64_t>(pending_.size());
    step(at.plan, slot);
    averages_.update(ctx_, ++at.done, at.plan.lr_scale);
    if (hash_) hash_->add_state(ctx_, slot, at.done);
    StepEvent event{.step = at.done, .lr_scale = at.plan.lr_scale, .tokens = config_.train.batch_tokens};
    event.switches = switches_of(at.plan);
    pending_.push_back(event);
    const bool saves = hashed_.save_every > 0 && at.done % hashed_.save_every == 0;
    const bool reads = saves || slot + 1 == report_every_;
    const std::vector<float> losses = reads ? collect_losses() : std::vector<float>();
    const double measured_ms = clock_.measured_ms();
    pending_.back().tok_per_s = static_cast<double>(event.tokens) / (measured_ms - measured_before_ms) * 1e3;
    pending_.back().elapsed_ms = at.before_ms = comm_.broadcast_value(clock_.after_step(at.done));
    measured_before_ms = measured_ms;
    if (reads) report(losses);
    if (saves) state_.save(ctx_, comm_, states_ / state_file(at.done), config_sha256_, at.done, latest_);
    progress.update(at.done);
  }
  if (!pending_.empty()) report(collect_losses());
  if (leaves_) leaves_->sync();
  progress.finish();
  return at.done;
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
      if (hash_) hash_->add_batch(ctx_, slot, rank, micro, batch);
      ctx_.start_tape();
      const Var mean = model_.loss(ctx_, batch.pass, batch.targets);
      axpby(ctx_, 1.0F / static_cast<float>(train.grad_accum_steps), mean.value, 1.0F, loss);
      ctx_.backward(mean, optimizer_.loss_seed());
    }
    optimizer_.end_rank(ctx_);
  }
  ctx_.reset();
  optimizer_.step(ctx_, plan, [&] {
    if (hash_) hash_->add_gradients(ctx_, slot);
  });
}

// [world, train.log_every] of every rank, at the first process. The one place where training waits for the device.
std::vector<float> Trainer::collect_losses() { return comm_.gather_values(download(ctx_, losses_)); }

// Rank 0's loss is what all five scripts print.
void Trainer::report(const std::vector<float>& losses) {
  const auto world = static_cast<size_t>(config_.train.world_size), every = losses.size() / world;
  const auto leaves =
      hash_ ? hash_->collect(ctx_, static_cast<int64_t>(pending_.size())) : std::vector<std::vector<Digest>>();
  for (size_t i = 0; i < pending_.size() && comm_.is_first(); ++i) {
    float sum = 0;
    for (size_t rank = 0; rank < world; ++rank) sum += losses[rank * every + i];
    pending_[i].train_loss = sum / static_cast<float>(world);
    pending_[i].rank0_loss = losses[i];
    events_.write(pending_[i]);
    if (hash_) report_leaves(pending_[i].step, leaves[i]);
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

void Trainer::report_leaves(int64_t step, const std::vector<Digest>& leaves) {
  const StepRoots roots = roots_of(hash_->layout(), leaves);
  latest_ = hex(roots.state);
  events_.write(StateEvent{step, latest_, hex(roots.root)});
  leaves_->add(leaves);
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
