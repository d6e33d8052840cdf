// The printed times of evaluation against their limit.
#include <cstdlib>

#include "judge/claims/claims.h"
#include "judge/claims/mixture.h"

namespace pgolf::rules {
namespace {

// The passes of one claim that count, by their printed times.
struct TimedPasses {
  int64_t total_ms = 0, open_ms = 0;
  int64_t printed_ms = 0;  // with what a pass prints again, by another time
  int timed = 0, untimed = 0;
  bool headline = false, mixture = false;  // mixture: the headline's, of bits alone: what it mixes is a pass before it
};

TimedPasses timed_passes(const Claim& claim, const std::string& headline, bool every) {
  TimedPasses out;
  for (const auto& eval : claim.evals) {
    if (!every && eval.name != headline) continue;
    if (eval.eval_ms) {
      out.total_ms += *eval.eval_ms, out.open_ms += eval.open_ms, ++out.timed;
      out.printed_ms += std::max(*eval.eval_ms, eval.printed_ms);
    } else {
      out.untimed += eval.name != kLivePass;  // within training, whose clock stands still meanwhile
    }
    out.headline |= eval.name == headline && eval.eval_ms;
    out.mixture |= eval.name == headline && names_mixture(headline) && eval.val_loss.empty();
  }
  return out;
}

// What a script prints as the sum of its evaluation counts where it is more than what its passes add up to.
void take_total(TimedPasses& passes, std::string& reason, const Claim& claim) {
  if (!claim.total_eval_ms || *claim.total_eval_ms <= passes.total_ms) return;
  passes.total_ms = passes.printed_ms = *claim.total_eval_ms;
  reason = "total_eval_time as printed";
}

}  // namespace

ClaimFinding claimed_eval_time(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  const int64_t limit = reading.integer("limit_ms");
  const bool every = reading.text("counts") == "all_passes";
  ClaimFinding worst;
  for (const auto* claim : file.claims) {
    TimedPasses passes = timed_passes(*claim, all.submission.headline.eval, every);
    std::string reason =
        every ? fmt::format("all timed passes over validation data ({})", passes.timed) : "the scored pass alone";
    if (every) take_total(passes, reason, *claim);
    if (passes.total_ms == 0 && passes.timed == 0) continue;
    Finding finding{passes.total_ms <= limit ? Status::pass : Status::fail, passes.total_ms, limit, "ms", reason, {}};
    if (std::abs(passes.total_ms - limit) < passes.open_ms) leave_open(finding, static_cast<double>(passes.open_ms));
    if (finding.status == Status::pass && passes.printed_ms > limit)
      finding.status = Status::unknown, finding.reason += fmt::format("; a pass prints several times, {:.3f} s in all",
                                                                      static_cast<double>(passes.printed_ms) / 1000);
    if (finding.status == Status::pass && passes.mixture && !every)
      finding.status = Status::unknown,
      finding.reason += "; of a mixture, without the pass of the network that it mixes";
    say_other_machine(finding, all, *claim);
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
