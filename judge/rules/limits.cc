// Limits: bytes, time, hardware.
#include <algorithm>
#include <cmath>
#include <set>

#include "judge/rules/rules.h"

namespace pgolf::rules {
namespace {

int64_t whole(double ms) { return std::llround(ms); }
std::string seconds(double ms) { return fmt::format("{:.3f} s", ms / 1e3); }

// The same stretch of time by up to three clocks. `tight` and `loose` are the harness's own, `loose` with start-up and
// shut-down of the process in it; `own` is the word of the process that is judged.
struct Clocks {
  std::optional<double> tight, loose, own;
};

// A time is proven if the harness measured it, or if even the loose measurement is within the limit.
struct Measured {
  double ms = 0;
  bool proven = false;
  bool from_own = false;
};

std::optional<Measured> measure(const Clocks& clocks, double limit) {
  if (clocks.tight) return Measured{*clocks.tight, true, false};
  if (clocks.loose && *clocks.loose <= limit) return Measured{*clocks.loose, true, false};
  if (clocks.own) return Measured{*clocks.own, false, true};
  return std::nullopt;
}

// What no outer clock proves is a breach if the process itself admits it, else a matter of trust.
void weigh_proof(Finding& finding, const Measured& measured, const Clocks& clocks, const RuleReading& reading) {
  if (measured.proven || finding.status == Status::fail) return;
  finding.status = reading.flag("trust_own_clock") ? Status::warn : Status::unknown;
  finding.reason += "; by the process's own clock only";
  if (clocks.loose)
    finding.reason += fmt::format(", the whole process took {} by the harness's", seconds(*clocks.loose));
}

std::optional<double> span(const PhaseEvidence* phase, const char* part) {
  if (!phase || !phase->facts.span_ms.contains(part)) return std::nullopt;
  return phase->facts.span_ms.at(part);
}

// Which part of a process counts is told by the process itself, so a forger would work before the part begins or after
// it ends. The rest, start-up and shut-down, is named, and let pass up to a quarter of the limit.
void weigh_rest(Finding& finding, const std::string& where, double rest_ms, double limit_ms,
                const RuleReading& reading) {
  if (rest_ms <= 0) return;
  finding.reason += fmt::format("; {} of {} lie outside of what it says counts", seconds(rest_ms), where);
  if (finding.status == Status::pass && rest_ms > limit_ms / 4)
    finding.status = reading.flag("trust_own_clock") ? Status::warn : Status::unknown;
}

// A process that as a whole kept the limit needs no leave.
void weigh_process(Finding& finding, const PhaseEvidence& phase, double counted_ms, double limit_ms,
                   const RuleReading& reading) {
  const double wall_ms = phase.facts.wall_ms.value_or(counted_ms);
  weigh_rest(finding, "the process", wall_ms - counted_ms, wall_ms <= limit_ms ? HUGE_VAL : limit_ms, reading);
}

// Packing can read training data, too, and only its calibration counts.
void weigh_packing(Finding& finding, const PhaseEvidence* pack, double limit_ms, const RuleReading& reading) {
  if (!pack || !pack->facts.wall_ms) return;
  const auto& visible = pack->facts.visible;
  if (std::find(visible.begin(), visible.end(), "train") == visible.end()) return;
  const double counted_ms = span(pack, kPartCalibrate).value_or(pack->part_ms(kPartCalibrate).value_or(0));
  weigh_rest(finding, "packing", *pack->facts.wall_ms - counted_ms, limit_ms, reading);
}

// Where a phase says of one of its parts that it took another time than the harness measured, by more than a line of
// its log may be late or a laden machine may hold one up. The harness's clock decides; a false word is no clean pass.
// Returns whether it is one.
bool weigh_word(Finding& finding, const PhaseEvidence& phase, const std::string& part) {
  constexpr double kLate = 2000, kShare = 0.05;
  const auto ours = span(&phase, part.c_str()), own = phase.part_ms(part);
  if (!ours || !own || std::abs(*ours - *own) <= kLate + kShare * *ours) return false;
  finding.reason += fmt::format("; '{}' took {} by the phase's own word, {} by the harness's clock", part,
                                seconds(*own), seconds(*ours));
  if (finding.status == Status::pass) finding.status = Status::warn;
  return true;
}

// The scored pass, or every part that computes from validation tokens, by the harness's clock and by the phase's own.
std::optional<double> eval_span(const PhaseEvidence& eval, bool all) {
  std::optional<double> sum;
  for (const auto& [part, ms] : eval.facts.span_ms)
    if (part == kPartEval || (all && part.starts_with(kEvalPrefix))) sum = sum.value_or(0) + ms;
  return eval.facts.span_ms.contains(kPartEval) ? sum : std::nullopt;
}

std::optional<double> eval_own(const PhaseEvidence& eval, bool all) {
  std::set<std::string> parts{kPartEval};
  if (all && eval.events)
    for (const auto& record : eval.events->events)
      if (const auto* end = std::get_if<PhaseEndEvent>(&record.event); end && end->name.starts_with(kEvalPrefix))
        parts.insert(end->name);
  std::optional<double> sum;
  for (const auto& part : parts)
    if (const auto ms = eval.part_ms(part)) sum = sum.value_or(0) + *ms;
  return eval.part_ms(kPartEval) ? sum : std::nullopt;
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

Finding judge_total_bytes(int64_t total, const RuleReading& reading) {
  const int64_t limit = reading.integer("limit_bytes");
  Finding out{total <= limit ? Status::pass : Status::fail, total, limit, "bytes", {}, {}};
  out.reason = total <= limit ? fmt::format("{} bytes to spare", with_commas(limit - total))
                              : fmt::format("over by {} bytes", with_commas(total - limit));
  return out;
}

Finding artifact_size(const RunEvidence& run, const RuleReading& reading) {
  const auto& facts = run.facts;
  const bool shipped = reading.text("code") == "shipped" && facts.shipped_code_bytes;
  const auto code = shipped ? facts.shipped_code_bytes : facts.code_bytes;
  if (!facts.model_bytes) return unknown("there is no artifact to count", "bytes", reading.integer("limit_bytes"));
  if (!code)
    return unknown("the submission does not say how many bytes its code counts", "bytes",
                   reading.integer("limit_bytes"));
  auto out = judge_total_bytes(*facts.model_bytes + *code, reading);
  const bool counted = !facts.code_file.empty() && code == facts.code_file_bytes;
  out.reason = fmt::format("model {} + code {} {}: {}", with_commas(*facts.model_bytes), with_commas(*code),
                           counted ? "counted in " + facts.code_file : "as claimed", out.reason);
  if (!counted && out.status == Status::pass) out.status = missing_is(reading, "code_as_claimed");
  out.evidence = "artifact.bin";
  return out;
}

Status missing_is(const RuleReading& reading, const char* param) {
  const std::string word = reading.params.value(param, status_name(Status::unknown));
  for (const Status status : {Status::pass, Status::warn})
    if (word == status_name(status)) return status;
  return Status::unknown;
}

// The official loop reads the clock after a step, without waiting for the GPU, so that it stops a step and a little
// more behind the limit.
Finding judge_train_time(const TrainTime& time, const RuleReading& reading) {
  const auto limit = static_cast<double>(reading.integer("limit_ms"));
  const double over = time.total() - limit, loop_over = time.loop_ms - limit;
  Finding out{Status::pass, whole(time.total()), reading.integer("limit_ms"), "ms", {}, {}};
  out.reason = fmt::format("loop {}", seconds(time.loop_ms));
  if (time.calibration_ms > 0)
    out.reason += fmt::format(" + calibration on training data {}", seconds(time.calibration_ms));
  if (over <= 0) return out;
  out.reason += fmt::format(": over by {}", seconds(over));
  if (loop_over > 0 && time.last_step_ms > 0)
    out.reason += fmt::format("; the last step ({}) began {} the limit", seconds(time.last_step_ms),
                              loop_over <= time.last_step_ms ? "before" : "after");
  else if (loop_over > 0 && time.mean_step_ms > 0)
    out.reason += fmt::format("; a step took {} on average", seconds(time.mean_step_ms));
  const double step_ms = time.last_step_ms > 0 ? time.last_step_ms : time.mean_step_ms;
  const double overshoot_ms =
      std::max(reading.params.value("overshoot_steps", 0.0) * step_ms, reading.params.value("overshoot_ms", 0.0));
  const bool tolerated = loop_over <= overshoot_ms && over <= reading.params.value("tolerance_ms", 0.0);
  out.status = tolerated ? Status::warn : Status::fail;
  return out;
}

Finding train_time(const RunEvidence& run, const RuleReading& reading) {
  const auto limit = static_cast<double>(reading.integer("limit_ms"));
  const auto* train = run.phase("train");
  const auto* pack = run.phase("pack");
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

Finding eval_time(const RunEvidence& run, const RuleReading& reading) {
  const auto limit_ms = reading.integer("limit_ms");
  const auto* eval = run.phase("eval");
  if (!eval) return unknown("no evaluation phase is recorded", "ms", limit_ms);
  const bool all = reading.text("counts") == "all_passes";
  const Clocks clocks{eval_span(*eval, all), eval->facts.wall_ms, eval_own(*eval, all)};
  const auto measured = measure(clocks, static_cast<double>(limit_ms));
  if (!measured) return unknown("no clock measured the evaluation", "ms", limit_ms);
  const double over = measured->ms - static_cast<double>(limit_ms);
  Finding out{over > 0 ? Status::fail : Status::pass, whole(measured->ms), limit_ms, "ms", {}, {}};
  out.reason = measured->proven && !clocks.tight ? "the whole process, by the harness's clock"
               : all                             ? "all passes"
                                                 : "the scored pass";
  if (over > 0) out.reason += fmt::format(": over by {}", seconds(over));
  weigh_proof(out, *measured, clocks, reading);
  if (clocks.tight)
    weigh_process(out, *eval, eval_span(*eval, true).value_or(0), static_cast<double>(limit_ms), reading);
  for (const auto& [part, ms] : eval->facts.span_ms)
    if (part == kPartEval || (all && part.starts_with(kEvalPrefix))) weigh_word(out, *eval, part);
  if (!eval->facts.finished && out.status != Status::fail)
    out.status = Status::unknown, out.reason += "; evaluation did not finish";
  out.evidence = measured->from_own ? eval->file : "harness clock";
  return out;
}

bool is_soldered(std::string_view named, std::string_view gpu) {
  const auto has = [&](std::string_view part) { return named.find(part) != std::string_view::npos; };
  return has(gpu) && !has("PCIe") && !has("NVL");
}

Finding hardware(const RunEvidence& run, const RuleReading& reading) {
  const auto& facts = run.facts;
  const std::string want = fmt::format("{}x {} SXM", reading.integer("count"), reading.text("gpu"));
  const std::string have = facts.gpu.empty() ? "CPU" : fmt::format("{}x {}", facts.gpu_count, facts.gpu);
  const bool same = is_soldered(facts.gpu, reading.text("gpu")) && facts.gpu_count == reading.integer("count");
  Finding out{same ? Status::pass : Status::unknown, have, want, "", {}, {}};
  if (!same) out.reason = "times measured here say nothing about those on the hardware of the rule";
  return out;
}

}  // namespace pgolf::rules
