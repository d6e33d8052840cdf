// Whether the numbers of a publication fit each other: byte counts, print formats, seeds.
#include <cmath>

#include "harness/judge/claim_rules.h"

namespace pgolf::rules {
namespace {

// A printed pair and what it implies. Passes of one method score the same targets, so they must imply one byte count.
struct Implied {
  std::string source, name, method;
  ByteInterval bytes;   // per target
  int64_t targets = 0;  // 0: not stated
  bool log = false;
  std::string label;  // "seed 42: ttt"
};

std::string method_of(const Submission& submission, const ClaimedEval& eval) {
  if (!eval.method.empty()) return eval.method;
  for (const auto& claim : submission.claims)
    for (const auto& other : claim.evals)
      if (other.name == eval.name && !other.method.empty()) return other.method;
  return eval.name;
}

std::vector<Implied> implied_by(const Submission& submission) {
  int64_t stated = 0;
  for (const auto& claim : submission.claims) stated = std::max(stated, claim.val_targets.value_or(0));
  std::vector<Implied> out;
  for (const auto& file : by_source(submission))
    for (const auto* claim : file.claims)
      for (const auto& eval : claim->evals)
        if (!eval.val_loss.empty() && !eval.val_bpb.empty())
          out.push_back({file.source, eval.name, method_of(submission, eval),
                         implied_bytes_per_target(eval.val_loss, eval.val_bpb),
                         eval.targets.value_or(claim->val_targets.value_or(stated)), file.log,
                         seed_name(file, *claim) + eval.name});
  return out;
}

double per_target(const KnownStream& stream) {
  return static_cast<double>(stream.bytes) / static_cast<double>(stream.targets);
}

// The count that most logs of one method agree on; a known stream decides a tie. nullopt if it cannot.
std::optional<double> consensus(const std::vector<Implied>& all, const Implied& of, const Ruleset& ruleset) {
  std::vector<double> candidates;
  std::vector<const Implied*> votes;
  for (const auto& vote : all)
    if (vote.log && vote.method == of.method && vote.targets == of.targets) {
      votes.push_back(&vote);
      candidates.push_back((vote.bytes.low + vote.bytes.high) / 2);
    }
  const auto count_votes = [&](double value) {
    return std::count_if(votes.begin(), votes.end(), [&](const Implied* vote) { return vote->bytes.contains(value); });
  };
  int64_t most = 0;
  for (const double value : candidates) most = std::max<int64_t>(most, count_votes(value));
  if (most == 0) return std::nullopt;
  std::optional<double> best;
  bool tie = false;
  for (const double value : candidates) {
    if (count_votes(value) != most) continue;
    const bool same = best && std::all_of(votes.begin(), votes.end(), [&](const Implied* v) {
                        return v->bytes.contains(value) == v->bytes.contains(*best);
                      });
    if (best && !same) tie = true;
    best = best.value_or(value);
  }
  if (!tie) return best;
  for (const auto& stream : ruleset.streams) {
    const double value = per_target(stream);
    const bool here = of.targets == 0 || of.targets == stream.targets;
    if (here && count_votes(value) == most) return value;
  }
  return std::nullopt;
}

std::string in_bytes(const Implied& pair) {
  const auto n = static_cast<double>(pair.targets);
  if (pair.targets == 0) return fmt::format("{:.6g} bytes per target", (pair.bytes.low + pair.bytes.high) / 2);
  return fmt::format("{} ± {} bytes", with_commas(std::llround(n * (pair.bytes.low + pair.bytes.high) / 2)),
                     with_commas(std::llround(std::ceil(n * (pair.bytes.high - pair.bytes.low) / 2))));
}

// Whether one printed pair fits the others of its method and the text that everybody scores.
Finding fits(const Implied& pair, const std::vector<Implied>& all, const Ruleset& ruleset, const RuleReading& reading) {
  const double middle = (pair.bytes.low + pair.bytes.high) / 2;
  Finding out{Status::pass, middle, {}, "bytes per target", {}, {}};
  out.reason = fmt::format("{} implies {}", pair.label, in_bytes(pair));
  const double low = static_cast<double>(reading.integer("low_bytes")),
               high = static_cast<double>(reading.integer("high_bytes"));
  bool placed = false;
  if (pair.targets > 0) {
    const auto n = static_cast<double>(pair.targets);
    out.observed = std::llround(n * middle);
    out.unit = "bytes";
    out.limit =
        fmt::format("{} to {}", with_commas(reading.integer("low_bytes")), with_commas(reading.integer("high_bytes")));
    placed = n * pair.bytes.high >= low && n * pair.bytes.low <= high;
    if (!placed) out.status = Status::fail, out.reason += ", not the text of the challenge";
  } else {
    for (const auto& stream : ruleset.streams)
      if (!placed && pair.bytes.contains(per_target(stream)))
        placed = true, out.reason += fmt::format(", as the {} stream has", stream.name);
    if (!placed) out.status = Status::unknown, out.reason += ", and how many targets there are is not stated";
  }
  const auto agreed = consensus(all, pair, ruleset);
  const bool alone = std::none_of(all.begin(), all.end(),
                                  [&](const Implied& o) { return &o != &pair && o.log && o.method == pair.method; });
  if (!alone && !(agreed && pair.bytes.contains(*agreed))) {
    out.status = Status::fail;
    if (agreed && pair.targets > 0)
      out.reason += fmt::format("; the other passes over the same targets imply {}",
                                with_commas(std::llround(*agreed * static_cast<double>(pair.targets))));
    else if (agreed)
      out.reason += fmt::format("; the other passes over the same targets imply {:.6g}", *agreed);
    else
      out.reason += "; no two passes over the same targets agree";
  }
  return out;
}

}  // namespace

int decimals(const std::string& printed) {
  const auto dot = printed.find('.');
  return dot == std::string::npos ? 0 : static_cast<int>(printed.size() - dot - 1);
}

ClaimFinding claimed_byte_count(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  const auto pairs = implied_by(all.submission);
  ClaimFinding worst;
  double width = 0;
  int count = 0, bad = 0;
  const auto rank = [](Status status) { return status == Status::fail ? 2 : status == Status::unknown ? 1 : 0; };
  for (const auto& pair : pairs) {  // of several equally bad, the one that is printed with the most digits says most
    if (pair.source != file.source) continue;
    auto finding = fits(pair, pairs, all.ruleset, reading);
    ++count;
    bad += finding.status == Status::fail;
    const double mine = pair.bytes.high - pair.bytes.low;
    if (worst &&
        (rank(finding.status) < rank(worst->status) || (rank(finding.status) == rank(worst->status) && mine >= width)))
      continue;
    worst = std::move(finding);
    width = mine;
  }
  if (!worst && file.log) return unknown("no pair of val_loss and val_bpb is printed", "bytes");
  if (worst && count > 1)
    worst->reason += bad > 0 ? fmt::format(" ({} of {} printed pairs do not fit)", bad, count)
                             : fmt::format(" ({} printed pairs fit)", count);
  return worst;
}

ClaimFinding printed_precision(const Publication& all, const SourceClaims& file, const RuleReading&) {
  if (!file.log) return std::nullopt;
  Finding out{Status::pass, {}, {}, "decimals", "as in the other logs", {}};
  int others = 0;
  for (const auto* claim : file.claims)
    for (const auto& eval : claim->evals)
      for (const auto& [what, text] : {std::pair{"val_loss", eval.val_loss}, {"val_bpb", eval.val_bpb}}) {
        if (text.empty()) continue;
        std::map<int, int> votes;
        for (const auto& other : all.submission.claims)
          for (const auto& e : other.evals)
            if (e.name == eval.name && by_source(all.submission).size() > 1 &&
                (other.source.ends_with(".log") || other.source.ends_with(".txt"))) {
              const auto& printed = std::string_view(what) == "val_loss" ? e.val_loss : e.val_bpb;
              if (!printed.empty()) ++votes[decimals(printed)], others += &other != claim;
            }
        int usual = decimals(text);
        for (const auto& [digits, count] : votes)
          if (count > votes[usual]) usual = digits;
        if (decimals(text) == usual) continue;
        out.status = Status::fail;
        out.observed = decimals(text);
        out.limit = usual;
        out.reason =
            fmt::format("{} {} is printed as {}, the other logs print {} decimals", eval.name, what, text, usual);
      }
  if (others == 0) out.reason = "one log, nothing to compare it with";
  return out;
}

ClaimFinding seeds_independent(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  if (!file.log) return std::nullopt;
  const double limit = reading.number("max_repeated_share");
  const auto sources = by_source(all.submission);
  if (std::count_if(sources.begin(), sources.end(), [](const SourceClaims& s) { return s.log; }) < 2)
    return Finding{Status::pass, {}, limit, "", "one log, nothing to compare it with", {}};
  const auto text = [&](const std::string& source) -> const PublishedLog* {
    for (const auto& log : all.logs)
      if (log.source == source) return &log;
    return nullptr;
  };
  const auto* mine = text(file.source);
  if (!mine) return unknown("the log itself is not at hand", "", limit);
  Finding out = unknown("no other log is at hand", "", limit);
  for (const auto& other : sources) {
    const auto* theirs = other.log && other.source != file.source ? text(other.source) : nullptr;
    if (!theirs) continue;
    const auto lines = repeated_lines(mine->lines, theirs->lines);
    if (lines.measurements == 0) return unknown("the log reports no measurement with four decimals", "", limit);
    if (!out.observed.is_null() && lines.share() <= out.observed.get<double>()) continue;
    out.observed = lines.share();
    out.status = lines.share() > limit ? Status::fail : Status::pass;
    out.reason = fmt::format("{} of {} measured lines stand in {} to the letter", lines.repeated, lines.measurements,
                             other.source);
  }
  return out;
}

}  // namespace pgolf::rules
