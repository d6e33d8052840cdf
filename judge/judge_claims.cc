#include "judge/judge_claims.h"

#include "judge/claims/claims.h"

namespace pgolf {
namespace {

using ClaimRule = rules::ClaimFinding (*)(const rules::Publication&, const rules::SourceClaims&, const RuleReading&);

ClaimRule claim_rule(std::string_view id) {
  static const std::map<std::string, ClaimRule, std::less<>> table{
      {"artifact_size", rules::claimed_size},    {"size_adds_up", rules::claimed_sum},
      {"train_time", rules::claimed_train_time}, {"eval_time", rules::claimed_eval_time},
      {"byte_count", rules::claimed_byte_count}, {"printed_precision", rules::printed_precision},
      {"claims_agree", rules::claims_agree},     {"seeds_independent", rules::seeds_independent},
      {"hardware", rules::claimed_hardware},     {"training_text", rules::training_text},
  };
  const auto found = table.find(id);
  return found == table.end() ? nullptr : found->second;
}

// Whether another text bears the id of the shipped submission.
rules::Finding identity_of(const Submission& submission, const Submission* shipped) {
  std::vector<std::string> differences;
  if (shipped && shipped->sha256 != submission.sha256)
    differences.push_back(fmt::format("{} is another text", submission.file));
  return rules::submission_identity(submission.id, shipped != nullptr, differences);
}

// Rules about the publication as a whole.
std::optional<rules::Finding> whole_finding(const rules::Publication& all, const Rule& rule,
                                            const RuleReading& reading) {
  if (rule.id == "seeds_shown") return rules::seeds_shown(all, reading);
  if (rule.id == "one_script") return rules::one_script(all, reading);
  if (rule.id == "code_in_one_file") return rules::code_in_one_file(all, reading);
  if (rule.id == "submission_identity") return identity_of(all.submission, all.shipped);
  for (const std::string_view id : {"score_before_update", "scored_once", "normalised", "causal",
                                    "training_without_validation", "evaluation_without_training"})
    if (rule.id == id) return rules::not_shown_by_logs(id);
  return std::nullopt;
}

}  // namespace

bool is_log(std::string_view source) {
  return source.ends_with(".log") || source.ends_with(".txt") || source.ends_with(".out");
}

std::vector<Verdict> judge_claims(const Submission& submission, std::span<const PublishedLog> logs,
                                  const Ruleset& ruleset, std::string_view as_of, const Submission* shipped) {
  if (!as_of.empty()) check_date(as_of, "--as-of");
  const auto date = as_of.empty() ? std::string_view(ruleset.date) : as_of;
  const rules::Publication all{submission, logs, ruleset, shipped};
  const auto files = rules::by_source(submission);
  std::vector<Verdict> out;
  for (const auto& rule : ruleset.rules) {
    if (!rule.subjects.contains("claim")) continue;
    const ClaimRule measure = claim_rule(rule.id);
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
      if (auto finding = whole_finding(all, rule, reading)) add("", *finding);
      for (const auto& file : files)
        if (auto finding = measure ? measure(all, file, reading) : std::nullopt) add(file.source, *finding);
      if (out.size() == before) add("", rules::unknown("the publication says nothing about it"));
    }
  }
  return out;
}

}  // namespace pgolf
