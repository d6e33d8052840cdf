#include "judge/judge_claims.h"

#include "judge/claims/own_runs.h"
#include "judge/rule_table.h"

namespace pgolf {

std::vector<Verdict> judge_claims(const Submission& submission, std::span<const PublishedLog> logs,
                                  const Ruleset& ruleset, std::string_view as_of, const Submission* shipped,
                                  std::span<const std::string> edited) {
  if (!as_of.empty()) check_date(as_of, "--as-of");
  const auto date = as_of.empty() ? std::string_view(ruleset.date) : as_of;
  const rules::OwnRuns own = rules::own_runs(submission);
  const rules::Publication all{own.submission, logs, ruleset, shipped, edited, own.others};
  const auto files = rules::by_source(own.submission);
  std::vector<Verdict> out;
  for (const auto& rule : ruleset.rules) {
    const RuleSpec* spec = find_rule(rule.id);
    if (!spec || !rule.subjects.contains("claim")) continue;
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
      if (!spec->not_shown.empty()) add("", rules::unknown(fmt::format("{} {}", kLogsDoNotShow, spec->not_shown)));
      if (spec->publication) add("", spec->publication(all, reading));
      for (const auto& file : files)
        if (auto finding = spec->file ? spec->file(all, file, reading) : std::nullopt) add(file.source, *finding);
      if (out.size() == before) add("", rules::unknown("the publication says nothing about it"));
    }
  }
  return out;
}

}  // namespace pgolf
