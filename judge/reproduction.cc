#include "judge/reproduction.h"

#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <vector>

#include "base/names.h"
#include "db/documents/documents.h"
#include "db/run_clock.h"
#include "judge/foreign_engine.h"

namespace pgolf {
namespace {

constexpr double kStepsTolerance = 0.02;  // a clock that gave more or fewer steps than this made another training

struct SeedClaim {
  int64_t seed = 0;
  double val_bpb = 0;
  std::optional<int64_t> val_targets, steps;
};

// What the first file that speaks of a seed prints for `eval`; logs stand first.
std::vector<SeedClaim> seed_claims(const SubmissionDocument& submission, const std::string& eval) {
  std::vector<SeedClaim> out;
  for (const Claim& claim : submission.claims) {
    if (!claim.seed) continue;
    const bool known = std::any_of(out.begin(), out.end(), [&](const SeedClaim& c) { return c.seed == *claim.seed; });
    for (const ClaimedEval& printed : claim.evals)
      if (!known && printed.name == eval && !printed.val_bpb.empty())
        out.push_back({*claim.seed, std::strtod(printed.val_bpb.c_str(), nullptr), claim.val_targets, claim.steps});
  }
  return out;
}

double mean_of(const std::vector<SeedClaim>& claims) {
  double sum = 0;
  for (const SeedClaim& c : claims) sum += c.val_bpb;
  return sum / static_cast<double>(claims.size());
}

// Half of the two-sided interval, at `alpha`, for the difference of one further run to the claim: to that of its own
// seed (two draws), or to the mean of all. Nothing for one claim, which has no spread.
std::optional<double> spread_of(const std::vector<SeedClaim>& claims, bool own_seed, double alpha) {
  const auto n = static_cast<double>(claims.size());
  if (n < 2) return std::nullopt;
  const double mean = mean_of(claims);
  double squares = 0;
  for (const SeedClaim& c : claims) squares += (c.val_bpb - mean) * (c.val_bpb - mean);
  const double t = boost::math::quantile(boost::math::complement(boost::math::students_t(n - 1), alpha / 2));
  return t * std::sqrt(squares / (n - 1)) * std::sqrt(own_seed ? 2 : 1 + 1 / n);
}

// An evaluation that broke off has no result: a pass that had ended before does not count for a claim of its kind.
std::string no_result(const RunRecord& r) {
  const PhaseRow* eval = r.phase(kEvalPhase);
  const std::string passes = eval && eval->outcome != "ok" ? passes_text(phase_document(*eval).passes) : "";
  return "the run has no result" + (passes.empty() ? "" : ": its evaluation did not end, " + passes);
}

// Why this run says nothing about the claim; "" if it does.
std::string unfit(const RunRecord& r) {
  if (r.pinned.profile != "record")
    return fmt::format("profile {} is a scaling, not the submission as it ran", r.pinned.profile);
  if (!r.pinned.as_run) return "the configuration was changed on the command line";
  if (r.replay) return fmt::format("a replay repeats run {}, which stands for the claim itself", r.replay->replay_of);
  if (!r.metric("val_bpb") || !r.metric("val_loss")) return no_result(r);
  if (!foreign_engine(r).empty()) return "another engine than the one that this pgolf was built with computed it";
  if (const auto text = judged_strictly(r, "validation_set"); text && text->status == Status::unknown)
    return "the text scored is not known to be the challenge's validation set";
  if (const auto extent = judged_strictly(r, "training_extent"); extent && extent->status == Status::warn)
    return "trained on other data than the submission: " + extent->reason;
  return "";
}

// Whether the clock gave this run another training than the claimed one; in words, or "".
std::string other_training(const RunRecord& r, const PinnedDocument& pinned,
                           const std::optional<int64_t>& claimed_steps) {
  const auto steps = r.metric("steps");
  if (pinned.number("train", "max_wallclock_seconds").value_or(0) <= 0 || !steps || !claimed_steps) return "";
  if (std::abs(*steps / static_cast<double>(*claimed_steps) - 1) <= kStepsTolerance) return "";
  return fmt::format("the clock gave {:.0f} steps where {} are claimed: other hardware or software", *steps,
                     *claimed_steps);
}

void decide(Reproduction& out, const RunRecord& r, const PinnedDocument& pinned, const std::vector<SeedClaim>& claims,
            const SeedClaim* own, double nats) {
  const double d = std::abs(*out.difference);
  const bool published = published_clock(r.environment).has_value();
  const std::string by = fmt::format(
      "{:+.4f} bpb from {} ({:.4f}){}", *out.difference,
      own ? fmt::format("the claim of seed {}", own->seed) : fmt::format("the mean of {} claimed seeds", claims.size()),
      *out.claimed, published ? ", as run on the published clock" : "");
  const std::string margin = fmt::format("the margin of {:.4f} ({} nats per token)", *out.margin, nats);
  if (d <= *out.margin) {
    out.outcome = Reproduced::yes;
    out.reason = fmt::format("{}, within {}", by, margin);
    return;
  }
  const std::string other = published ? "" : other_training(r, pinned, own ? own->steps : claims.front().steps);
  if (!other.empty()) {
    out.reason = fmt::format("{}, beyond {}, but {}", by, margin, other);
  } else if (out.spread && d <= *out.spread) {
    out.reason = fmt::format("{}, beyond {}, but {} claimed seeds leave a further run ±{:.4f}; run more seeds", by,
                             margin, claims.size(), *out.spread);
  } else {
    out.outcome = Reproduced::no;
    out.reason =
        fmt::format("{}, beyond {}{}", by, margin,
                    out.spread ? fmt::format(" and what the claimed seeds leave a further run, ±{:.4f}", *out.spread)
                               : "; one claimed seed shows no spread");
  }
}

}  // namespace

const char* reproduced_name(Reproduced outcome) {
  constexpr const char* kNames[] = {"reproduced", "not reproduced", "inconclusive", "nothing claimed"};
  return kNames[static_cast<int>(outcome)];
}

std::optional<Verdict> judged_strictly(const RunRecord& record, std::string_view rule) {
  if (record.judgement)
    for (Verdict& v : verdicts_of(*record.judgement))
      if (v.rule == rule && v.reading == Reading::strict) return std::move(v);
  return std::nullopt;
}

Reproduction reproduction_of(const RunRecord& r, const std::optional<RecordMargin>& margin) {
  const SubmissionDocument submission = submission_document(r.submission);
  const PinnedDocument pinned = pinned_document(r.pinned);
  Reproduction out;
  out.eval = submission.headline.eval;
  if (out.eval.empty()) {
    out.outcome = Reproduced::nothing_claimed;
    out.reason = "the submission claims no number";
    return out;
  }
  if (out.reason = unfit(r); !out.reason.empty()) return out;
  out.observed = r.metric(pass_metric("val_bpb", out.eval));
  if (!out.observed) {
    out.reason = fmt::format("the claim is of '{}', which no pass of this run scored", out.eval);
    return out;
  }
  const std::vector<SeedClaim> claims = seed_claims(submission, out.eval);
  out.claimed_seeds = static_cast<int64_t>(claims.size());
  if (claims.empty()) {
    out.reason = fmt::format("no file of the submission gives '{}' for a seed", out.eval);
    return out;
  }
  const SeedClaim* own = nullptr;
  for (const SeedClaim& c : claims)
    if (c.seed == r.pinned.seed) own = &c;
  const auto claimed_targets = (own ? *own : claims.front()).val_targets;
  const auto targets = r.metric("val_targets");
  if (!claimed_targets || !targets || static_cast<double>(*claimed_targets) != *targets) {
    out.reason = !claimed_targets
                     ? "the claim does not say how many targets were scored, so the data cannot be told to be the same"
                     : fmt::format("other data: {:.0f} targets were scored, the claim is of {}", targets.value_or(0),
                                   *claimed_targets);
    return out;
  }
  out.claimed = own ? own->val_bpb : mean_of(claims);
  out.difference = *out.observed - *out.claimed;
  if (!margin) {
    out.reason = "the ruleset has no rule record_margin, so what is close enough is not known";
    return out;
  }
  out.margin = margin->nats * *r.metric("val_bpb") / *r.metric("val_loss");
  out.spread = spread_of(claims, own != nullptr, margin->alpha);
  decide(out, r, pinned, claims, own, margin->nats);
  return out;
}

}  // namespace pgolf
