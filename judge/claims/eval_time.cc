// The printed times of evaluation against their limit.
#include "judge/claims/claims.h"

namespace pgolf::rules {
namespace {

// The passes of one claim that count, by their printed times.
struct TimedPasses {
  int64_t total_ms = 0;
  int timed = 0, untimed = 0;
  bool headline = false;
};

TimedPasses timed_passes(const Claim& claim, const std::string& headline, bool every) {
  TimedPasses out;
  for (const auto& eval : claim.evals) {
    if (!every && eval.name != headline) continue;
    if (eval.eval_ms)
      out.total_ms += *eval.eval_ms, ++out.timed;
    else
      out.untimed += eval.name != kLivePass;  // within training, whose clock stands still meanwhile
    out.headline |= eval.name == headline && eval.eval_ms;
  }
  return out;
}

}  // namespace

ClaimFinding claimed_eval_time(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  const int64_t limit = reading.integer("limit_ms");
  const bool every = reading.text("counts") == "all_passes";
  ClaimFinding worst;
  for (const auto* claim : file.claims) {
    const TimedPasses passes = timed_passes(*claim, all.submission.headline.eval, every);
    if (passes.timed == 0) continue;
    Finding finding{passes.total_ms <= limit ? Status::pass : Status::fail, passes.total_ms, limit, "ms", {}, {}};
    finding.reason =
        every ? fmt::format("all timed passes over validation data ({})", passes.timed) : "the scored pass alone";
    if (finding.status == Status::pass && file.log && (passes.untimed > 0 || !passes.headline))
      finding.status = Status::unknown, finding.reason += passes.headline
                                                              ? fmt::format("; {} print no time", passes.untimed)
                                                              : "; the scored pass prints no time";
    finding.reason = seed_name(file, *claim) + finding.reason;
    keep_worst(worst, finding);
  }
  if (!worst && file.log) return unknown("no evaluation time is printed", "ms", limit);
  return worst;
}

}  // namespace pgolf::rules
