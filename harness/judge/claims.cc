#include "harness/judge/claims.h"

#include "harness/judge/claim_rules.h"

namespace pgolf {
namespace rules {

std::vector<SourceClaims> by_source(const Submission& submission) {
  std::vector<SourceClaims> out;
  for (const auto& claim : submission.claims) {
    auto file = std::find_if(out.begin(), out.end(), [&](const SourceClaims& s) { return s.source == claim.source; });
    if (file == out.end()) {
      out.push_back({claim.source, {}, claim.source.ends_with(".log") || claim.source.ends_with(".txt")});
      file = out.end() - 1;
    }
    file->claims.push_back(&claim);
  }
  return out;
}

std::string seed_name(const SourceClaims& file, const Claim& claim) {
  if (file.claims.size() < 2) return {};
  return claim.seed ? fmt::format("seed {}: ", *claim.seed) : "over seeds: ";
}

namespace {

// Keeps the worst finding of a file: a breach before an open question before a pass, then the larger value.
void keep_worst(ClaimFinding& worst, Finding finding) {
  const auto rank = [](const Finding& f) { return std::array{0, 2, 3, 1}[static_cast<size_t>(f.status)]; };
  const auto value = [](const Finding& f) { return f.observed.is_number() ? f.observed.get<double>() : 0; };
  if (!worst || rank(finding) > rank(*worst) || (rank(finding) == rank(*worst) && value(finding) > value(*worst)))
    worst = std::move(finding);
}

}  // namespace

ClaimFinding claimed_size(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  ClaimFinding worst;
  for (const auto* claim : file.claims) {
    auto total = claim->total_bytes;
    if (!total && claim->model_bytes && claim->code_bytes) total = *claim->model_bytes + *claim->code_bytes;
    if (!total) continue;
    std::string how;
    if (reading.text("code") == "shipped" && claim->model_bytes && all.submission.code.shipped_bytes) {
      total = *claim->model_bytes + *all.submission.code.shipped_bytes;
      how = "with the script as shipped, ";
    }
    auto finding = judge_total_bytes(*total, reading);
    finding.reason = seed_name(file, *claim) + how + finding.reason;
    keep_worst(worst, finding);
  }
  if (!worst && file.log) return unknown("no size is printed", "bytes", reading.integer("limit_bytes"));
  return worst;
}

ClaimFinding claimed_sum(const Publication&, const SourceClaims& file, const RuleReading&) {
  ClaimFinding worst;
  for (const auto* claim : file.claims) {
    if (!claim->total_bytes || !claim->model_bytes || !claim->code_bytes) continue;
    const int64_t sum = *claim->model_bytes + *claim->code_bytes;
    Finding finding{
        sum == *claim->total_bytes ? Status::pass : Status::fail, *claim->total_bytes, sum, "bytes", {}, {}};
    finding.reason =
        fmt::format("{}{} + {} = {}, the total says {}", seed_name(file, *claim), with_commas(*claim->model_bytes),
                    with_commas(*claim->code_bytes), with_commas(sum), with_commas(*claim->total_bytes));
    keep_worst(worst, finding);
  }
  if (!worst && file.log) return unknown("the parts of the size are not printed", "bytes");
  return worst;
}

ClaimFinding claimed_train_time(const Publication&, const SourceClaims& file, const RuleReading& reading) {
  ClaimFinding worst;
  for (const auto* claim : file.claims) {
    if (!claim->train_ms) continue;
    TrainTime time{static_cast<double>(*claim->train_ms), static_cast<double>(claim->calibration_ms.value_or(0)), 0};
    if (claim->steps && *claim->steps > 0) time.last_step_ms = time.loop_ms / static_cast<double>(*claim->steps);
    auto finding = judge_train_time(time, reading);
    finding.reason = seed_name(file, *claim) + finding.reason;
    keep_worst(worst, finding);
  }
  if (!worst && file.log) return unknown("no training time is printed", "ms", reading.integer("limit_ms"));
  return worst;
}

ClaimFinding claimed_eval_time(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  const int64_t limit = reading.integer("limit_ms");
  const bool every = reading.text("counts") == "all_passes";
  ClaimFinding worst;
  for (const auto* claim : file.claims) {
    std::optional<int64_t> total;
    int passes = 0;
    for (const auto& eval : claim->evals)
      if (eval.eval_ms && (every || eval.name == all.submission.headline.eval))
        total = total.value_or(0) + *eval.eval_ms, ++passes;
    if (!total) continue;
    Finding finding{*total <= limit ? Status::pass : Status::fail, *total, limit, "ms", {}, {}};
    finding.reason =
        seed_name(file, *claim) +
        (every ? fmt::format("all timed passes over validation data ({})", passes) : "the scored pass alone");
    keep_worst(worst, finding);
  }
  if (!worst && file.log) return unknown("no evaluation time is printed", "ms", limit);
  return worst;
}

}  // namespace rules

namespace {

using ClaimRule = rules::ClaimFinding (*)(const rules::Publication&, const rules::SourceClaims&, const RuleReading&);

ClaimRule claim_rule(std::string_view id) {
  static const std::map<std::string, ClaimRule, std::less<>> table{
      {"artifact_size", rules::claimed_size},    {"size_adds_up", rules::claimed_sum},
      {"train_time", rules::claimed_train_time}, {"eval_time", rules::claimed_eval_time},
      {"byte_count", rules::claimed_byte_count}, {"printed_precision", rules::printed_precision},
      {"claims_agree", rules::claims_agree},     {"seeds_independent", rules::seeds_independent},
  };
  const auto found = table.find(id);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace

std::vector<Verdict> judge_claims(const Submission& submission, std::span<const PublishedLog> logs,
                                  const Ruleset& ruleset, std::string_view as_of) {
  if (!as_of.empty()) check_date(as_of, "--as-of");
  const auto date = as_of.empty() ? std::string_view(ruleset.date) : as_of;
  const rules::Publication all{submission, logs, ruleset};
  const auto files = rules::by_source(submission);
  std::vector<Verdict> out;
  for (const auto& rule : ruleset.rules) {
    const ClaimRule measure = claim_rule(rule.id);
    if (!measure || !rule.subjects.contains("claim")) continue;
    for (const auto which : {Reading::strict, Reading::practice}) {
      const auto& reading = rule.reading(which);
      if (!rules::in_force(reading, date)) continue;
      const size_t before = out.size();
      const auto add = [&](const std::string& source, rules::Finding finding) {
        if (finding.evidence.empty()) finding.evidence = source;
        if (rules::exempt(reading, submission.track))
          finding = rules::exempt_finding(ruleset, reading, submission.track, finding);
        out.push_back(rules::make_verdict(rule, which, source, finding));
      };
      for (const auto& file : files)
        if (auto finding = measure(all, file, reading)) add(file.source, *finding);
      if (out.size() == before) add("", rules::unknown("the publication says nothing about it"));
    }
  }
  return out;
}

}  // namespace pgolf
