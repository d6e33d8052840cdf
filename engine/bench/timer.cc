#include "engine/bench/timer.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "engine/core/backend.h"

namespace pgolf {
namespace {

class CpuTimer final : public Timer {
 public:
  void mark() override { marks_.push_back(Clock::now()); }

  std::vector<double> intervals() override {
    std::vector<double> out;
    for (size_t i = 1; i < marks_.size(); ++i)
      out.push_back(std::chrono::duration<double, std::milli>(marks_[i] - marks_[i - 1]).count());
    marks_.clear();
    return out;
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::vector<Clock::time_point> marks_;
};

}  // namespace

template <>
std::unique_ptr<Timer> TimerBackend<Cpu>::make(Context&) {
  return std::make_unique<CpuTimer>();
}

std::unique_ptr<Timer> make_timer(Context& ctx) {
  return on_device(ctx.device(), [&](auto backend) { return TimerBackend<decltype(backend)>::make(ctx); });
}

double median(std::vector<double> values) {
  check(!values.empty(), "the median of nothing");
  std::ranges::sort(values);
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

std::vector<double> median_parts(Context& ctx, const Repeats& repeats, size_t parts,
                                 const std::function<void(const std::function<void()>& mark)>& run) {
  for (int i = 0; i < repeats.warm_up; ++i) run([] {});
  ctx.synchronize();
  const auto timer = make_timer(ctx);
  for (int i = 0; i < repeats.timed; ++i) {
    timer->mark();
    run([&] { timer->mark(); });
    timer->mark();
  }
  const std::vector<double> intervals = timer->intervals();
  // Between the last mark of a repetition and the first of the next lies nothing.
  check(intervals.size() == static_cast<size_t>(repeats.timed) * (parts + 1) - 1, "{} intervals of {} parts",
        intervals.size(), parts);
  std::vector<double> out;
  for (size_t part = 0; part < parts; ++part) {
    std::vector<double> times;
    for (size_t i = part; i < intervals.size(); i += parts + 1) times.push_back(intervals[i]);
    out.push_back(median(times));
  }
  return out;
}

double median_time(Context& ctx, const Repeats& repeats, const std::function<void()>& run) {
  return median_parts(ctx, repeats, 1, [&](const auto&) { run(); })[0];
}

}  // namespace pgolf
