#include "judge/claims/logs.h"

#include <tuple>

namespace pgolf::rules {

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

Finding one_log(const Publication& all, Finding finding) {
  const size_t claimed = claimed_seeds(all.submission).size();
  finding.status = claimed > 1 ? Status::unknown : Status::pass;
  finding.reason = claimed > 1 ? fmt::format("one log for {} claimed seeds: nothing to compare it with", claimed)
                               : "one seed and its log, nothing to compare it with";
  return finding;
}

bool too_alike(const RepeatedLines& lines, const RuleReading& reading) {
  constexpr int64_t kFewest = 3;  // one or two of a handful agree by chance
  if (lines.share() <= reading.number("max_repeated_share")) return false;
  return lines.repeated() >= reading.params.value("min_repeated", int64_t{1}) ||
         (lines.repeated() >= kFewest && lines.share() >= reading.params.value("sure_share", 2.0));
}

bool of_one_run(const SourceClaims& a, const SourceClaims& b, const PublishedLog& log_a, const PublishedLog& log_b) {
  constexpr double kHolds = 0.5;
  const auto seeds_a = seeds_of(a), seeds_b = seeds_of(b);
  const bool seeded = !seeds_a.empty() && !seeds_b.empty();
  if (seeded && seeds_a == seeds_b) return true;
  const auto& [less, more] = log_a.lines.size() <= log_b.lines.size() ? std::tie(log_a, log_b) : std::tie(log_b, log_a);
  const bool series = more.facts.trainings > 1 || seeds_of(&more == &log_a ? a : b).size() > 1;
  return (!seeded || series) && repeated_lines(less.lines, more.lines).share() >= kHolds;
}

bool of_other_seeds(const SourceClaims& a, const SourceClaims& b) {
  const auto seeds_a = seeds_of(a), seeds_b = seeds_of(b);
  return !seeds_a.empty() && !seeds_b.empty() && seeds_a != seeds_b;
}

}  // namespace pgolf::rules
