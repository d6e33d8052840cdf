#include "engine/bench/sustained.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <vector>

#include "engine/bench/inputs.h"
#include "engine/bench/power.h"
#include "engine/bench/timer.h"
#include "engine/core/device_info.h"
#include "engine/data/shard.h"
#include "engine/train/trainer.h"

namespace pgolf {
namespace {

// Another Comm whose exchanges are timed on the device.
class TimedComm final : public Comm {
 public:
  explicit TimedComm(Comm& comm) : comm_(comm) {}

  int process() const override { return comm_.process(); }
  int processes() const override { return comm_.processes(); }
  std::string broadcast(std::string bytes) override { return comm_.broadcast(std::move(bytes)); }
  std::vector<std::string> gather(std::string bytes) override { return comm_.gather(std::move(bytes)); }
  std::string link() const override { return comm_.link(); }
  void beat() override { comm_.beat(); }

  void exchange(Context& ctx, const std::vector<Parcel>& sends, const std::vector<Parcel>& receives) override {
    if (!timer_) timer_ = make_timer(ctx);
    timer_->mark();
    comm_.exchange(ctx, sends, receives);
    timer_->mark();
  }

  // Milliseconds inside exchanges since the last call. Waits for them.
  double take_ms() {
    if (!timer_) return 0;
    const std::vector<double> intervals = timer_->intervals();
    double sum = 0;
    for (size_t i = 0; i < intervals.size(); i += 2) sum += intervals[i];
    return sum;
  }

 private:
  Comm& comm_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace

Config sustained_config(Config config, double seconds) {
  if (const double limit = config.train.max_wallclock_seconds; limit > 0)
    config.schedule.warmdown_iters =
        static_cast<int64_t>(static_cast<double>(config.schedule.warmdown_iters) * std::min(1.0, seconds / limit));
  config.train.max_wallclock_seconds = seconds;
  config.train.clock_reserve_seconds = 0;
  config.train.iterations = std::numeric_limits<int32_t>::max();
  return config;
}

void write_made_up_text(const std::filesystem::path& folder, const Config& config) {
  std::filesystem::create_directories(folder / "train");
  TextSource text(config.model.vocab_size, config.data.bos_id);
  const int64_t tokens = 2 * config.train.batch_tokens + config.train.seq_len + 1;
  for (int64_t i = 0; i < config.train.world_size; ++i) {  // the shuffled loader gives each rank a shard
    ShardWriter writer(folder / "train" / shard_name(ShardKind::train, i));
    writer.append(text.tokens(tokens));
    writer.finish();
  }
}

SustainedReport measure_training(const PhaseOptions& options) {
  TimedComm comm(*options.comm);
  PhaseOptions timed = options;
  timed.comm = &comm;
  const Config& config = options.pinned.config;
  EventLog events;
  Trainer trainer(timed, events);
  trainer.warm_up();
  comm.take_ms();
  comm.barrier();
  const std::optional<PowerReading> before = read_power(options.device);
  const auto start = std::chrono::steady_clock::now();
  SustainedReport report{.submission = options.pinned.submission,
                         .device = device_name(options.device),
                         .compute = dtype_name(options.context().compute()),
                         .link = comm.link(),
                         .processes = comm.processes(),
                         .ranks = config.train.world_size};
  report.steps = trainer.train();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (const std::optional<PowerReading> after = read_power(options.device); before && after) {
    report.joules = after->joules - before->joules;
    report.clock_mhz = after->clock_mhz;
  }
  double joules = 0;
  for (const double own : comm.gather_values(std::vector{report.joules})) joules += own;
  report.joules = joules;
  report.tokens = report.steps * config.train.batch_tokens;
  report.exchange_ms = comm.take_ms() / static_cast<double>(report.steps);
  return report;
}

Json to_json(const SustainedReport& r) {
  return {{"format", "pgolf.sustained/1"},
          {"submission", r.submission},
          {"device", r.device},
          {"compute", r.compute},
          {"processes", r.processes},
          {"ranks", r.ranks},
          {"link", r.link},
          {"steps", r.steps},
          {"seconds", r.seconds},
          {"ms_per_step", r.ms_per_step()},
          {"tokens_per_s", r.tokens_per_s()},
          {"exchange_ms", r.exchange_ms},
          {"watts", r.watts()},
          {"clock_mhz", r.clock_mhz},
          {"joules_per_million_tokens", r.joules_per_million_tokens()}};
}

}  // namespace pgolf
