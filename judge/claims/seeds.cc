// Whether the logs of a publication are what they are said to be: one format, one script, separate runs, all seeds.
#include <set>

#include <fmt/ranges.h>

#include "judge/claims/claims.h"
#include "judge/claims/printed.h"

namespace pgolf::rules {
namespace {

std::vector<SourceClaims> logs_of(const Submission& submission) {
  auto out = by_source(submission);
  std::erase_if(out, [](const SourceClaims& file) { return !file.log; });
  return out;
}

std::set<int64_t> seeds_of(const SourceClaims& file) {
  std::set<int64_t> out;
  for (const auto* claim : file.claims)
    if (claim->seed) out.insert(*claim->seed);
  return out;
}

std::set<int64_t> claimed_seeds(const Submission& submission) {
  std::set<int64_t> out(submission.seeds.begin(), submission.seeds.end());
  for (const auto& claim : submission.claims)
    if (claim.seed) out.insert(*claim.seed);
  return out;
}

const PublishedLog* log_of(const Publication& all, const std::string& source) {
  for (const auto& log : all.logs)
    if (log.source == source) return &log;
  return nullptr;
}

// With one log there is nothing to compare: of several claimed seeds that leaves the question open.
Finding one_log(const Publication& all, Finding finding) {
  const size_t claimed = claimed_seeds(all.submission).size();
  finding.status = claimed > 1 ? Status::unknown : Status::pass;
  finding.reason = claimed > 1 ? fmt::format("one log for {} claimed seeds: nothing to compare it with", claimed)
                               : "one seed and its log, nothing to compare it with";
  return finding;
}

bool too_alike(const RepeatedLines& lines, const RuleReading& reading) {
  return lines.share() > reading.number("max_repeated_share") &&
         lines.repeated() >= reading.params.value("min_repeated", int64_t{1});
}

// Logs of one seed are of one run. So are two of which one does not say its seed and one holds the other, and a log
// that holds another and half as much again, as one of a whole series does.
bool of_one_run(const SourceClaims& a, const SourceClaims& b, const PublishedLog& log_a, const PublishedLog& log_b) {
  constexpr double kHolds = 0.95, kSeries = 1.5;
  const auto seeds_a = seeds_of(a), seeds_b = seeds_of(b);
  const bool seeded = !seeds_a.empty() && !seeds_b.empty();
  if (seeded && seeds_a == seeds_b) return true;
  const auto& [less, more] = log_a.lines.size() <= log_b.lines.size() ? std::tie(log_a, log_b) : std::tie(log_b, log_a);
  const bool series = static_cast<double>(more.lines.size()) >= kSeries * static_cast<double>(less.lines.size());
  return (!seeded || series) && repeated_lines(less.lines, more.lines).share() >= kHolds;
}

// Whether two logs are claimed to be of different seeds.
bool of_other_seeds(const SourceClaims& a, const SourceClaims& b) {
  const auto seeds_a = seeds_of(a), seeds_b = seeds_of(b);
  return !seeds_a.empty() && !seeds_b.empty() && seeds_a != seeds_b;
}

}  // namespace

ClaimFinding printed_precision(const Publication& all, const SourceClaims& file, const RuleReading&) {
  if (!file.log) return std::nullopt;
  Finding out{Status::pass, {}, {}, "decimals", "as in the other logs", {}};
  if (logs_of(all.submission).size() < 2) return one_log(all, out);
  for (const auto* claim : file.claims)
    for (const auto& eval : claim->evals)
      for (const auto& [what, member] :
           {std::pair{"val_loss", &ClaimedEval::val_loss}, {"val_bpb", &ClaimedEval::val_bpb}}) {
        const std::string& text = eval.*member;
        if (text.empty()) continue;
        std::map<int, int> votes;
        for (const auto& other : all.submission.claims)
          for (const auto& e : other.evals)
            if (e.name == eval.name && is_log(other.source) && !(e.*member).empty()) ++votes[decimals(e.*member)];
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
  return out;
}

ClaimFinding seeds_independent(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  if (!file.log) return std::nullopt;
  const double limit = reading.number("max_repeated_share");
  const auto logs = logs_of(all.submission);
  if (logs.size() < 2) return one_log(all, {Status::unknown, {}, limit, "", {}, {}});
  const auto* mine = log_of(all, file.source);
  if (!mine) return unknown("the log itself is not at hand", "", limit);
  if (mine->lines.empty()) return unknown("the log reports no measurement with four decimals", "", limit);
  Finding out = unknown("no other log is at hand", "", limit);
  std::vector<std::string> copies;
  bool mislabelled = false;
  for (const auto& other : logs) {
    const auto* theirs = other.source != file.source ? log_of(all, other.source) : nullptr;
    if (!theirs) continue;
    if (of_one_run(file, other, *mine, *theirs)) {
      copies.push_back(other.source);
      mislabelled |= of_other_seeds(file, other);
      continue;
    }
    const auto lines = repeated_lines(mine->lines, theirs->lines);
    if (!out.observed.is_null() && lines.share() <= out.observed.get<double>()) continue;
    out.observed = lines.share();
    out.status = too_alike(lines, reading) ? Status::fail : Status::pass;
    out.reason = fmt::format("{} of {} measured lines stand in {} to the letter", lines.repeated(), lines.measurements,
                             other.source);
    if (const std::string named = name_lines(lines); !named.empty() && lines.repeated() > 0)
      out.reason += ": " + named, out.evidence = fmt::format("{}:{}", file.source, lines.lines.front().first.line);
  }
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

}  // namespace

Finding seeds_shown(const Publication& all, const RuleReading& reading) {
  const auto claimed = claimed_seeds(all.submission);
  std::set<int64_t> shown;
  std::vector<std::string> differ;
  for (const auto& file : logs_of(all.submission)) {
    const auto seeds = seeds_of(file);
    shown.insert(seeds.begin(), seeds.end());
    const auto* log = log_of(all, file.source);
    if (log && log->facts.seed >= 0 && !seeds.empty() && !seeds.contains(log->facts.seed))
      differ.push_back(fmt::format("{} prints seed {}, not {}", file.source, log->facts.seed, *seeds.begin()));
  }
  std::vector<int64_t> missing;
  std::set_difference(claimed.begin(), claimed.end(), shown.begin(), shown.end(), std::back_inserter(missing));
  const auto least = reading.integer("min_seeds");
  Finding out{
      Status::pass,     static_cast<int64_t>(shown.size()), std::max<int64_t>(least, std::ssize(claimed)), "seeds", {},
      "submission.toml"};
  out.reason = fmt::format("{} claimed, {} with a log", claimed.size(), shown.size());
  if (!missing.empty()) out.reason += fmt::format("; without: {}", fmt::join(missing, ", "));
  if (std::ssize(claimed) < least) out.reason += fmt::format("; fewer than {} show no significance", least);
  for (const std::string& text : differ) out.reason += "; " + text;
  if (!missing.empty() || std::ssize(claimed) < least || !differ.empty()) out.status = Status::unknown;
  return out;
}

Finding one_script(const Publication& all, const RuleReading&) {
  std::map<std::pair<int64_t, int64_t>, std::string> scripts;  // (code bytes, parameters) -> a log that prints them
  size_t silent = 0, logs = 0;
  for (const auto& file : logs_of(all.submission))
    for (const auto* claim : file.claims) {
      ++logs;
      silent += !claim->code_bytes;
      if (claim->code_bytes) scripts.try_emplace({*claim->code_bytes, claim->num_params.value_or(0)}, file.source);
    }
  Finding out{Status::pass, static_cast<int64_t>(scripts.size()), 1, "scripts", {}, {}};
  if (scripts.empty()) return unknown("no log prints the size of its code", "scripts", 1);
  std::vector<std::string> named;
  for (const auto& [script, source] : scripts)
    named.push_back(fmt::format("{} bytes of code in {}", with_commas(script.first), source));
  out.reason = fmt::format("{}", fmt::join(named, ", "));
  if (scripts.size() > 1)
    out.status = Status::fail, out.reason = "the seeds ran by different scripts: " + out.reason;
  else if (silent > 0)
    out.status = Status::unknown, out.reason += fmt::format("; {} of {} do not print it", silent, logs);
  else if (claimed_seeds(all.submission).size() > 1 && logs < 2)
    return one_log(all, out);
  return out;
}

}  // namespace pgolf::rules

namespace pgolf {

std::vector<std::string> repeated_logs(const Submission& submission, std::span<const PublishedLog> logs,
                                       const Ruleset& ruleset) {
  const Rule* rule = ruleset.rule("seeds_independent");
  if (!rule) return {};
  return rules::repeated({submission, logs, ruleset}, rule->practice);
}

}  // namespace pgolf
