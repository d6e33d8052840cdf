// How long training took, and what reads training data after it.
#include <algorithm>
#include <cmath>

#include "base/names.h"
#include "judge/rules/clocks.h"

namespace pgolf::rules {
namespace {

// Packing can read training data, too, and only its calibration counts.
void weigh_packing(Finding& finding, const PhaseEvidence* pack, double limit_ms, const RuleReading& reading) {
  if (!pack || !pack->facts.wall_ms) return;
  const auto& visible = pack->facts.visible;
  if (std::find(visible.begin(), visible.end(), "train") == visible.end()) return;
  const double counted_ms = span(pack, kPartCalibrate).value_or(pack->part_ms(kPartCalibrate).value_or(0));
  weigh_rest(finding, "packing", *pack->facts.wall_ms - counted_ms, limit_ms, reading);
}

// Duration of the last optimizer step by the phase's own clock; 0 if there are not two to subtract.
double last_step_ms(const PhaseEvidence& phase) {
  std::optional<double> last;
  for (auto record = phase.events->events.rbegin(); record != phase.events->events.rend(); ++record)
    if (const auto* step = std::get_if<StepEvent>(&record->event)) {
      if (last) return std::max(0.0, *last - step->elapsed_ms);
      last = step->elapsed_ms;
    }
  return 0;
}

}  // namespace

// The official loop reads the clock after a step, without waiting for the GPU, so that it stops a step and a little
// more behind the limit.
Finding judge_train_time(const TrainTime& time, const RuleReading& reading) {
  const auto limit = static_cast<double>(reading.integer("limit_ms"));
  const double over = time.total() - limit, loop_over = time.loop_ms - limit;
  Finding out{Status::pass, whole(time.total()), reading.integer("limit_ms"), "ms", {}, {}};
  out.reason = fmt::format("loop {}", seconds(time.loop_ms));
  if (time.calibration_ms > 0)
    out.reason += fmt::format(" + calibration on training data {}", seconds(time.calibration_ms));
  if (over <= -time.open_ms) return out;
  if (over <= 0) return leave_open(out, time.open_ms), out;
  out.reason += fmt::format(": over by {}", seconds(over));
  if (loop_over > 0 && time.last_step_ms > 0)
    out.reason += fmt::format("; the last step ({}) began {} the limit", seconds(time.last_step_ms),
                              loop_over <= time.last_step_ms ? "before" : "after");
  else if (loop_over > 0 && time.mean_step_ms > 0)
    out.reason += fmt::format("; a step took {} on average", seconds(time.mean_step_ms));
  const double step_ms = time.last_step_ms > 0 ? time.last_step_ms : time.mean_step_ms;
  const double overshoot_ms =
      std::max(reading.params.value("overshoot_steps", 0.0) * step_ms, reading.params.value("overshoot_ms", 0.0));
  const double tolerance_ms = reading.params.value("tolerance_ms", 0.0);
  const bool tolerated = loop_over <= overshoot_ms && over <= tolerance_ms;
  out.status = tolerated ? Status::warn : Status::fail;
  if (!tolerated && loop_over - time.open_ms <= overshoot_ms && over - time.open_ms <= tolerance_ms)
    leave_open(out, time.open_ms);
  return out;
}

void leave_open(Finding& out, double open_ms) {
  out.status = Status::unknown;
  out.reason += fmt::format("; print rounding leaves {} open either way", seconds(open_ms));
}

Finding train_time(const RunEvidence& run, const RuleReading& reading) {
  const auto limit = static_cast<double>(reading.integer("limit_ms"));
  const auto* train = run.phase(kTrainPhase);
  const auto* pack = run.phase(kPackPhase);
  if (!train) return unknown("no training phase is recorded", "ms", reading.integer("limit_ms"));
  const auto* last = train->last<StepEvent>();
  const bool calibrates = pack && pack->saw_part(kPartCalibrate);
  if (pack && !pack->events)
    return unknown("whether packing read training data is not known: " + pack->problem, "ms",
                   reading.integer("limit_ms"));

  TrainTime time;
  if (last) time.last_step_ms = last_step_ms(*train);
  const auto cal_tight = calibrates ? span(pack, kPartCalibrate) : std::optional(0.0);
  const auto cal_own = calibrates ? pack->part_ms(kPartCalibrate) : std::optional(0.0);
  const auto loop_tight = span(train, kPartTrainLoop);
  Clocks clocks;
  if (loop_tight && cal_tight) clocks.tight = *loop_tight + *cal_tight;
  if (train->facts.wall_ms && (!calibrates || pack->facts.wall_ms))
    clocks.loose = *train->facts.wall_ms + (calibrates ? *pack->facts.wall_ms : 0);
  if (last && cal_own) clocks.own = last->elapsed_ms + *cal_own;

  const auto measured = measure(clocks, limit);
  if (!measured) return unknown("no clock measured the training loop", "ms", reading.integer("limit_ms"));
  time.calibration_ms = clocks.tight ? *cal_tight : cal_own.value_or(0);
  time.loop_ms = measured->ms - time.calibration_ms;
  auto out = judge_train_time(time, reading);
  if (measured->proven && !clocks.tight) {
    out.reason = fmt::format("the whole process took {} by the harness's clock", seconds(measured->ms));
    if (clocks.own) out.reason += fmt::format(", its loop {}", seconds(last->elapsed_ms));
  }
  weigh_proof(out, *measured, clocks, reading);
  if (clocks.tight) weigh_process(out, *train, *loop_tight, limit, reading);
  weigh_packing(out, pack, limit, reading);
  bool contradicted = weigh_word(out, *train, kPartTrainLoop);
  if (calibrates) contradicted |= weigh_word(out, *pack, kPartCalibrate);
  if (!contradicted && clocks.tight && clocks.own &&
      std::abs(*clocks.tight - *clocks.own) > std::max(1e3, 0.01 * *clocks.tight))
    out.reason += fmt::format("; the process itself says {}", seconds(*clocks.own));
  if (!train->facts.finished && out.status != Status::fail)
    out.status = Status::unknown, out.reason += "; training did not finish";
  out.evidence = measured->from_own ? train->file : "harness clock";
  return out;
}

}  // namespace pgolf::rules
