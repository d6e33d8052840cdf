#include "judge/judge.h"

#include <fmt/format.h>

#include "judge/rule_table.h"

namespace pgolf {
namespace {

// Nobody can look at it again: of an imported run it is the other machine's word.
void weigh_import(rules::Finding& finding) {
  finding.status = Status::unknown;
  finding.reason = "imported, so this is the word of the machine that it ran on: " + finding.reason;
}

// A run on the published clock takes the original's steps however long they take here.
void weigh_published_clock(rules::Finding& finding) {
  finding.status = Status::unknown;
  finding.reason = "the run followed the published clock, so that times and hardware here say nothing about the rule" +
                   (finding.reason.empty() ? "" : ": " + finding.reason);
}

// What becomes of a finding by the way that the run was made, and by its track.
void weigh(rules::Finding& finding, const RunFacts& facts, const RunWeights& weights, const Ruleset& ruleset,
           const RuleReading& reading, bool strict) {
  if (facts.published_clock && weights.timed)
    weigh_published_clock(finding);
  else if (rules::exempt(reading, facts.track))
    finding = rules::exempt_finding(ruleset, reading, facts.track, finding);
  else if (!facts.as_run && weights.scaled && !finding.observed.is_null())
    finding.reason += fmt::format("; of profile '{}', not the submission as it ran", facts.profile);
  if (facts.imported && strict && weights.witnessed && finding.status == Status::pass) weigh_import(finding);
}

}  // namespace

bool is_witnessed(std::string_view rule) {
  const RuleSpec* spec = find_rule(rule);
  return spec && spec->weights.witnessed;
}

std::vector<Verdict> judge(const RunEvidence& run, const Ruleset& ruleset, std::string_view as_of) {
  if (!as_of.empty()) check_date(as_of, "--as-of");
  const auto date = as_of.empty() ? std::string_view(ruleset.date) : as_of;
  std::vector<Verdict> out;
  for (const auto& rule : ruleset.rules) {
    const RuleSpec* spec = find_rule(rule.id);
    if (!spec || !spec->run || !rule.subjects.contains("run")) continue;
    for (const auto which : {Reading::strict, Reading::practice}) {
      const auto& reading = rule.reading(which);
      if (!rules::in_force(reading, date)) continue;
      auto finding = spec->run(run, reading, ruleset);
      weigh(finding, run.facts, spec->weights, ruleset, reading, which == Reading::strict);
      out.push_back(rules::make_verdict(rule, which, "", finding));
    }
  }
  return out;
}

}  // namespace pgolf
