#include "judge/rules/clocks.h"

namespace pgolf::rules {

std::optional<Measured> measure(const Clocks& clocks, double limit) {
  if (clocks.tight) return Measured{*clocks.tight, true, false};
  if (clocks.loose && *clocks.loose <= limit) return Measured{*clocks.loose, true, false};
  if (clocks.own) return Measured{*clocks.own, false, true};
  return std::nullopt;
}

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

void weigh_rest(Finding& finding, const std::string& where, double rest_ms, double limit_ms,
                const RuleReading& reading) {
  if (rest_ms <= 0) return;
  finding.reason += fmt::format("; {} of {} lie outside of what it says counts", seconds(rest_ms), where);
  if (finding.status == Status::pass && rest_ms > limit_ms / 4)
    finding.status = reading.flag("trust_own_clock") ? Status::warn : Status::unknown;
}

void weigh_process(Finding& finding, const PhaseEvidence& phase, double counted_ms, double limit_ms,
                   const RuleReading& reading) {
  const double wall_ms = phase.facts.wall_ms.value_or(counted_ms);
  weigh_rest(finding, "the process", wall_ms - counted_ms, wall_ms <= limit_ms ? HUGE_VAL : limit_ms, reading);
}

bool weigh_word(Finding& finding, const PhaseEvidence& phase, const std::string& part) {
  constexpr double kLate = 2000, kShare = 0.05;
  const auto ours = span(&phase, part.c_str()), own = phase.part_ms(part);
  const auto late = phase.facts.late_ms.find(part);
  const double waited = late == phase.facts.late_ms.end() ? 0 : late->second;
  if (!ours || !own || std::abs(*ours - *own) <= kLate + kShare * *ours + waited) return false;
  finding.reason += fmt::format("; '{}' took {} by the phase's own word, {} by the harness's clock", part,
                                seconds(*own), seconds(*ours));
  if (finding.status == Status::pass) finding.status = Status::warn;
  return true;
}

}  // namespace pgolf::rules
