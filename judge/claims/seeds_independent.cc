// Whether the seeds are separate runs.
#include <fmt/ranges.h>

#include "judge/claims/logs.h"
#include "judge/claims/own_runs.h"

namespace pgolf::rules {
namespace {

std::vector<std::string> repeated(const Publication& all, const RuleReading& reading) {
  std::vector<std::string> out;
  std::vector<SourceClaims> counted;
  for (const auto& file : logs_of(all.submission)) {
    const auto* mine = log_of(all, file.source);
    const auto seeds = seeds_of(file);
    const bool repeats = std::any_of(counted.begin(), counted.end(), [&](const SourceClaims& other) {
      if (!seeds.empty() && seeds == seeds_of(other)) return true;
      const auto* theirs = log_of(all, other.source);
      return mine && theirs &&
             (of_one_run(file, other, *mine, *theirs) ||
              too_alike(repeated_lines(mine->lines, theirs->lines), reading));
    });
    if (repeats)
      out.push_back(file.source);
    else
      counted.push_back(file);
  }
  return out;
}

// The loss and the bits of the headline's pass that two logs of different seeds print alike, to so many decimals that
// no chance makes them so; "" if they differ or are shorter.
std::string equal_headline(const Publication& all, const SourceClaims& a, const SourceClaims& b) {
  constexpr size_t kTelling = 8;  // of "1.012345": seven digits in each of the two numbers
  const auto of = [&](const SourceClaims& file) {
    const ClaimedEval* found = nullptr;
    for (const auto* claim : file.claims)
      for (const ClaimedEval& eval : claim->evals)
        if (eval.name == all.submission.headline.eval) found = &eval;
    return found;
  };
  const auto* x = of(a);
  const auto* y = of(b);
  if (!x || !y || x->val_bpb != y->val_bpb || x->val_loss != y->val_loss) return "";
  if (x->val_bpb.size() < kTelling || x->val_loss.size() < kTelling) return "";
  return fmt::format("val_loss {} and val_bpb {}", x->val_loss, x->val_bpb);
}

}  // namespace

ClaimFinding seeds_independent(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  if (!file.log) return std::nullopt;
  const double limit = reading.number("max_repeated_share");
  const auto logs = logs_of(all.submission);
  if (logs.size() < 2) return one_log(all, {Status::unknown, {}, limit, "", {}, {}});
  const auto* mine = log_of(all, file.source);
  if (!mine) return unknown("the log itself is not at hand", "", limit);
  if (mine->lines.empty()) return unknown("the log reports no measurement with four decimals", "", limit);
  Finding out = unknown("no other log is at hand", "", limit);
  std::vector<std::string> copies, equal;
  bool mislabelled = false;
  for (const auto& other : logs) {
    const auto* theirs = other.source != file.source ? log_of(all, other.source) : nullptr;
    if (!theirs) continue;
    if (of_one_run(file, other, *mine, *theirs)) {
      copies.push_back(other.source);
      mislabelled |= of_other_seeds(file, other);
      continue;
    }
    if (const std::string pair = equal_headline(all, file, other); !pair.empty())
      equal.push_back(fmt::format("{} prints the same {}", other.source, pair));
    const auto lines = repeated_lines(mine->lines, theirs->lines);
    if (!out.observed.is_null() && lines.share() <= out.observed.get<double>()) continue;
    out.observed = lines.share();
    out.status = too_alike(lines, reading) ? Status::fail : Status::pass;
    out.reason = fmt::format("{} of {} measured lines stand in {} with the same values", lines.repeated(),
                             lines.measurements, other.source);
    if (const std::string named = name_lines(lines); !named.empty() && lines.repeated() > 0)
      out.reason += ": " + named, out.evidence = fmt::format("{}:{}", file.source, lines.lines.front().first.line);
  }
  if (!equal.empty() && out.status == Status::pass)
    out.status = Status::unknown, out.reason += fmt::format("; {}", fmt::join(equal, ", "));
  if (copies.empty()) return out;
  const std::string same = fmt::format("of the same run as {}, which counts as one log", fmt::join(copies, ", "));
  if (!out.observed.is_null())
    out.reason += "; " + same;
  else
    out = one_log(all, out), out.reason = same + "; " + out.reason;
  if (mislabelled && out.status != Status::fail)
    out.status = Status::unknown, out.reason += "; claimed as of other seeds";
  return out;
}

}  // namespace pgolf::rules

namespace pgolf {

std::vector<std::string> repeated_logs(const Submission& submission, std::span<const PublishedLog> logs,
                                       const Ruleset& ruleset) {
  const Rule* rule = ruleset.rule("seeds_independent");
  if (!rule) return {};
  return rules::repeated({rules::own_runs(submission).submission, logs, ruleset}, rule->practice);
}

}  // namespace pgolf
