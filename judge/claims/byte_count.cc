// Whether printed pairs of val_loss and val_bpb divide by the bytes of the text that everybody scores.
#include <cmath>
#include <map>

#include "judge/claims/claims.h"
#include "judge/claims/mixture.h"
#include "judge/claims/printed.h"

namespace pgolf::rules {
namespace {

// A printed pair and what it implies. Passes of one method score the same targets, so they must imply one byte count.
struct Implied {
  std::string source, name, method;
  std::string run;                      // the seed; logs of one seed are of one run. Without a seed, the file
  ByteInterval bytes;                   // per target
  int64_t targets = 0;                  // 0: not stated
  const KnownStream* stream = nullptr;  // where the targets are not stated: the known stream of the nearest ratio
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

double per_target(const KnownStream& stream) {
  return static_cast<double>(stream.bytes) / static_cast<double>(stream.targets);
}

const KnownStream* nearest_stream(const ByteInterval& bytes, const Ruleset& ruleset) {
  const KnownStream* best = nullptr;
  const auto away = [&](const KnownStream& stream) { return std::abs(per_target(stream) - bytes.middle()); };
  for (const KnownStream& stream : ruleset.streams)
    if (!best || away(stream) < away(*best)) best = &stream;
  return best;
}

std::vector<Implied> implied_by(const Submission& submission, const Ruleset& ruleset) {
  int64_t stated = 0;
  for (const auto& claim : submission.claims) stated = std::max(stated, claim.val_targets.value_or(0));
  std::vector<Implied> out;
  for (const auto& file : by_source(submission))
    for (const auto* claim : file.claims)
      for (const auto& eval : claim->evals)
        if (!eval.val_loss.empty() && !eval.val_bpb.empty())
          out.push_back({file.source, eval.name, method_of(submission, eval),
                         claim->seed ? fmt::format("seed {}", *claim->seed) : file.source,
                         implied_bytes_per_target(eval.val_loss, eval.val_bpb),
                         eval.targets.value_or(claim->val_targets.value_or(stated)), nullptr, file.log,
                         seed_name(file, *claim) + eval.name});
  for (Implied& pair : out)
    if (pair.targets == 0 && pair.bytes.says_something()) pair.stream = nearest_stream(pair.bytes, ruleset);
  return out;
}

// One vote per pass and seed: copies of a log, and one pass printed twice with other digits, are one measurement, and
// what each leaves open is joined. Where they contradict each other there is nothing to join.
std::vector<ByteInterval> votes_on(const std::vector<Implied>& all, const Implied& of) {
  std::map<std::pair<std::string, std::string>, ByteInterval> joined;
  std::vector<ByteInterval> out;
  for (const Implied& vote : all) {
    if (!vote.log || vote.method != of.method || vote.targets != of.targets || vote.stream != of.stream) continue;
    if (!vote.bytes.says_something()) continue;
    const auto [entry, fresh] = joined.try_emplace({vote.name, vote.run}, vote.bytes);
    ByteInterval& one = entry->second;
    if (fresh) continue;
    if (one.meets(vote.bytes))
      one = {std::max(one.low, vote.bytes.low), std::min(one.high, vote.bytes.high)};
    else
      out.push_back(vote.bytes);
  }
  for (const auto& [pass, bytes] : joined) out.push_back(bytes);
  return out;
}

// What most logs of one method agree on; a known stream decides a tie. nullopt if it cannot.
std::optional<double> consensus(const std::vector<ByteInterval>& votes, const Implied& of, const Ruleset& ruleset) {
  const std::vector<double> shared = most_shared(votes);
  if (shared.size() == 1) return shared.front();
  const auto held_by = [&](double value) {
    return std::count_if(votes.begin(), votes.end(), [&](const ByteInterval& vote) { return vote.contains(value); });
  };
  for (const auto& stream : ruleset.streams)
    for (const double value : shared)
      if ((of.targets == 0 || of.targets == stream.targets) && held_by(per_target(stream)) == held_by(value))
        return per_target(stream);
  return std::nullopt;
}

std::string bytes_text(double bytes) {
  return bytes < 1e15 ? with_commas(std::llround(bytes)) : fmt::format("{:.3g}", bytes);
}

std::string in_bytes(const Implied& pair) {
  const auto n = static_cast<double>(pair.targets);
  if (pair.targets == 0) return fmt::format("{:.6g} bytes per target", pair.bytes.middle());
  return fmt::format("{} ± {} bytes", bytes_text(n * pair.bytes.middle()),
                     bytes_text(std::ceil(n * (pair.bytes.high - pair.bytes.low) / 2)));
}

// The error that is known to give this count; null if none is.
const KnownStream* known_error(const Implied& pair, const Ruleset& ruleset) {
  constexpr double kLike = 1e-5;  // what is left out at the end of a stream moves a ratio by less
  for (const auto& error : ruleset.byte_errors) {
    const bool alike = pair.bytes.meets({per_target(error) * (1 - kLike), per_target(error) * (1 + kLike)});
    if (alike && (pair.targets == 0 || pair.targets == error.targets)) return &error;
  }
  return nullptr;
}

// Without a number of targets the ratio alone says which stream it can be: it must be one of them, give or take what
// the bounds of the count leave open. Tokenizers that the ruleset does not list have other ratios.
void place_by_ratio(Finding& out, const Implied& pair, const Ruleset& ruleset, double low, double high) {
  for (const auto& stream : ruleset.streams) {
    const auto n = static_cast<double>(stream.targets);
    if (!pair.bytes.meets({low / n, high / n})) continue;
    out.reason += fmt::format(", as the {} stream has", stream.name);
    return;
  }
  const KnownStream* error = known_error(pair, ruleset);
  out.status = error ? Status::fail : Status::unknown;
  out.reason += error ? ", as this error gives: " + error->name
                      : ", as none of the known streams has, and how many targets there are is not stated";
}

void place_by_count(Finding& out, const Implied& pair, const Ruleset& ruleset, double low, double high) {
  const auto n = static_cast<double>(pair.targets);
  const double middle = n * pair.bytes.middle();
  out.observed = middle < 1e15 ? Json(std::llround(middle)) : Json(middle);
  out.unit = "bytes";
  out.limit = fmt::format("{} to {}", bytes_text(low), bytes_text(high));
  if (n * pair.bytes.high >= low && n * pair.bytes.low <= high) return;
  out.status = Status::fail, out.reason += ", not the text of the challenge";
  if (const KnownStream* error = known_error(pair, ruleset)) out.reason += fmt::format(" ({})", error->name);
}

// How far, as a part of it, passes may differ that leave out another tail of the stream, where a batch does not fill
// up.
double tail_share(const Implied& pair, const RuleReading& reading) {
  const auto n = static_cast<double>(pair.targets > 0 ? pair.targets : pair.stream ? pair.stream->targets : 0);
  return n > 0 ? reading.params.value("tail_targets", 0.0) / n : 0;
}

void hold_against_others(Finding& out, const Implied& pair, const std::vector<ByteInterval>& votes,
                         const Ruleset& ruleset, const RuleReading& reading) {
  if (votes.size() < (pair.log ? 2 : 1)) return;
  const auto agreed = consensus(votes, pair, ruleset);
  const auto within = [&](double part) { return pair.bytes.meets({*agreed * (1 - part), *agreed * (1 + part)}); };
  if (agreed && within(1e-12)) return;
  const bool tail = agreed && within(tail_share(pair, reading));
  if (!tail || out.status == Status::pass) out.status = tail ? Status::warn : Status::fail;
  if (agreed && pair.targets > 0)
    out.reason += fmt::format("; the other passes over the same targets imply {}",
                              bytes_text(*agreed * static_cast<double>(pair.targets)));
  else if (agreed)
    out.reason += fmt::format("; the other passes over the same text imply {:.6g}", *agreed);
  else
    out.reason += "; no two passes over the same targets agree";
  if (tail) out.reason += ", which another end of the stream explains";
}

// Whether a pair is of a mixture, and no other pass of its log implies what it does: its two numbers may be of two
// predictors.
bool is_mixture_alone(const Implied& pair, const std::vector<Implied>& all) {
  return names_mixture(pair.name) && std::none_of(all.begin(), all.end(), [&](const Implied& other) {
           return other.source == pair.source && !names_mixture(other.name) && other.bytes.says_something() &&
                  other.bytes.meets(pair.bytes);
         });
}

// Whether one printed pair fits the others of its method and the text that everybody scores. A text written by a person
// may set numbers of two evaluations beside each other: where logs print pairs, they decide.
Finding fits(const Implied& pair, const std::vector<Implied>& all, const Ruleset& ruleset, const RuleReading& reading) {
  if (!pair.bytes.says_something()) {
    const bool zero = pair.bytes.low == 0 || !std::isfinite(pair.bytes.high);
    return unknown(
        fmt::format("{} prints {}, which implies no byte count", pair.label, zero ? "as zero" : "with too few digits"),
        "bytes");
  }
  Finding out{Status::pass, pair.bytes.middle(), {}, "bytes per target", {}, {}};
  out.reason = fmt::format("{} implies {}", pair.label, in_bytes(pair));
  const auto low = static_cast<double>(reading.integer("low_bytes")),
             high = static_cast<double>(reading.integer("high_bytes"));
  if (pair.targets > 0)
    place_by_count(out, pair, ruleset, low, high);
  else
    place_by_ratio(out, pair, ruleset, low, high);
  hold_against_others(out, pair, votes_on(all, pair), ruleset, reading);
  const bool logged =
      std::any_of(all.begin(), all.end(), [](const Implied& p) { return p.log && p.bytes.says_something(); });
  if (out.status == Status::fail && is_mixture_alone(pair, all) && !known_error(pair, ruleset))
    out.status = Status::unknown, out.reason += "; of a mixture, whose loss may be that of the network alone";
  if (!pair.log && logged && out.status == Status::fail)
    out.status = Status::warn, out.reason += "; its two numbers are not of one evaluation, and the logs' pairs decide";
  return out;
}

}  // namespace

ClaimFinding claimed_byte_count(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  const auto pairs = implied_by(all.submission, all.ruleset);
  const std::string& headline = all.submission.headline.eval;
  // A mixture that prints no pair of its own rests on the network's passes.
  const bool stands_alone = !names_mixture(headline) || std::any_of(pairs.begin(), pairs.end(), [&](const Implied& p) {
    return p.log && p.name == headline && fits(p, pairs, all.ruleset, reading).status != Status::unknown;
  });
  const bool headline_only = stands_alone && reading.params.value("counts", "") == "headline_pass";
  ClaimFinding worst;
  double width = 0;
  int count = 0, bad = 0, silent = 0;
  for (const auto& pair : pairs) {  // of several equally bad, the one that is printed with the most digits says most
    if (pair.source != file.source) continue;
    auto finding = fits(pair, pairs, all.ruleset, reading);
    if (headline_only && pair.name != headline && finding.status == Status::fail)
      finding.status = Status::warn, finding.reason += "; the headline is of another pass";
    ++count;
    bad += finding.status == Status::fail || finding.status == Status::warn;
    silent += finding.status == Status::unknown;
    const double mine = pair.bytes.says_something() ? pair.bytes.high - pair.bytes.low : INFINITY;
    if (worst &&
        (urgency(finding.status) < urgency(worst->status) || (finding.status == worst->status && mine >= width)))
      continue;
    worst = std::move(finding);
    width = mine;
  }
  if (!worst && file.log) return unknown("no pair of val_loss and val_bpb is printed", "bytes");
  if (worst && count > 1 && bad > 0) worst->reason += fmt::format(" ({} of {} printed pairs do not fit)", bad, count);
  if (worst && count > 1 && bad == 0)
    worst->reason += fmt::format(" ({} printed pairs fit{})", count - silent,
                                 silent > 0 ? fmt::format(", {} say nothing", silent) : "");
  return worst;
}

}  // namespace pgolf::rules
