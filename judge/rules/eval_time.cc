// How long evaluation took.
#include <set>

#include "base/names.h"
#include "judge/rules/clocks.h"

namespace pgolf::rules {
namespace {

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

}  // namespace

Finding eval_time(const RunEvidence& run, const RuleReading& reading) {
  const auto limit_ms = reading.integer("limit_ms");
  const auto* eval = run.phase(kEvalPhase);
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

}  // namespace pgolf::rules
