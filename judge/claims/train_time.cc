// The printed time of training against its limit.
#include "judge/claims/claims.h"

namespace pgolf::rules {
namespace {

// What was read of the training data after the loop: as this file says, else as a log says of the same seed.
std::optional<int64_t> calibration_of(const Publication& all, const Claim& claim) {
  std::optional<int64_t> out = claim.calibration_ms;
  for (const auto& other : all.submission.claims)
    if (!claim.calibration_ms && is_log(other.source) && (!claim.seed || other.seed == claim.seed) &&
        other.calibration_ms)
      out = std::max(out.value_or(0), *other.calibration_ms);
  return out;
}

// No log of the archive has a shorter mean: the least is 5.8 ms (#913), the next 11.9; the median is 108. What is below
// printed no time, or seconds as milliseconds.
constexpr double kLeastStepMs = 5;

}  // namespace

ClaimFinding claimed_train_time(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  ClaimFinding worst;
  for (const auto* claim : file.claims) {
    if (claim->train_ms.value_or(0) == 0) continue;  // an evaluation prints a loop of nothing
    const auto calibration = calibration_of(all, *claim);
    TrainTime time{.loop_ms = static_cast<double>(*claim->train_ms),
                   .calibration_ms = static_cast<double>(calibration.value_or(0)),
                   .open_ms = static_cast<double>(claim->open_ms)};
    if (claim->steps && *claim->steps > 0) time.mean_step_ms = time.loop_ms / static_cast<double>(*claim->steps);
    auto finding = judge_train_time(time, reading);
    if (!calibration) {
      finding.reason += "; no time of calibration on training data is printed";
      if (finding.status == Status::pass) finding.status = missing_is(reading, "no_calibration");
    }
    if (time.mean_step_ms > 0 && time.mean_step_ms < kLeastStepMs)
      finding.status = Status::unknown,
      finding.reason += fmt::format("; {} steps of {:.2f} ms each are no training's", *claim->steps, time.mean_step_ms);
    say_other_machine(finding, all, *claim);
    finding.reason = seed_name(file, *claim) + finding.reason;
    keep_worst(worst, finding);
  }
  if (!worst && file.log) return unknown("no training time is printed", "ms", reading.integer("limit_ms"));
  return worst;
}

}  // namespace pgolf::rules
