// Times of a run by the clocks that measured them, and how far each is believed (docs/judging.md, Whose clock).
#pragma once

#include <cmath>
#include <optional>
#include <string>

#include "judge/rules/rules.h"

namespace pgolf::rules {

inline int64_t whole(double ms) { return std::llround(ms); }
inline std::string seconds(double ms) { return fmt::format("{:.3f} s", ms / 1e3); }

// The same stretch of time by up to three clocks. `tight` and `loose` are the harness's own; `loose` has the start-up
// and the shut-down of the process in it. `own` is the word of the process that is judged.
struct Clocks {
  std::optional<double> tight, loose, own;
};

// A time is proven if the harness measured it, or if even the loose measurement is within the limit.
struct Measured {
  double ms = 0;
  bool proven = false;
  bool from_own = false;
};

// By the clock that decides; nothing if none measured it.
std::optional<Measured> measure(const Clocks& clocks, double limit);

// A part of a phase between the arrivals of its start and end; nothing if it was not measured.
std::optional<double> span(const PhaseEvidence* phase, const char* part);

// A time that no outer clock proves is a breach if the process itself admits it, else a matter of trust.
void weigh_proof(Finding& finding, const Measured& measured, const Clocks& clocks, const RuleReading& reading);

// The process itself says which of its parts counts, so a forger would work before that part begins or after it ends.
// The rest of its time is named. It may be start-up and shut-down up to a quarter of the limit.
void weigh_rest(Finding& finding, const std::string& where, double rest_ms, double limit_ms,
                const RuleReading& reading);

// The rest of a phase whose counted part took `counted_ms`. A process that kept the limit as a whole needs no such
// look.
void weigh_process(Finding& finding, const PhaseEvidence& phase, double counted_ms, double limit_ms,
                   const RuleReading& reading);

// Compares what the phase says that a part took with what the harness measured. They may differ by a late line of the
// log and by a busy machine; beyond that the finding names both and is at most `warn`: the harness's clock decides, but
// a phase that tells false times does not pass. Returns whether they differ so.
bool weigh_word(Finding& finding, const PhaseEvidence& phase, const std::string& part);

}  // namespace pgolf::rules
