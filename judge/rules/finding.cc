#include "judge/rules/finding.h"

#include <fmt/format.h>

#include <algorithm>

namespace pgolf::rules {

bool in_force(const RuleReading& reading, std::string_view as_of) { return reading.since <= as_of; }

bool exempt(const RuleReading& reading, const std::string& track) {
  return !reading.tracks.empty() &&
         std::find(reading.tracks.begin(), reading.tracks.end(), track) == reading.tracks.end();
}

// The observation stays; only what it means changes. Where nothing was observed, nothing is excused.
Finding exempt_finding(const Ruleset& ruleset, const RuleReading& reading, const std::string& track, Finding finding) {
  if (!ruleset.tracks.contains(track)) {
    finding.status = Status::unknown;
    finding.reason = fmt::format("{} has no track '{}', so whether the rule applies is not known", ruleset.id, track);
  } else if (!finding.observed.is_null()) {
    finding.status = Status::pass;
    finding.reason = "does not apply to this track: " + reading.exempt;
  }
  return finding;
}

Verdict make_verdict(const Rule& rule, Reading which, const std::string& subject, const Finding& finding) {
  const auto& reading = rule.reading(which);
  Verdict out;
  out.rule = rule.id;
  out.title = rule.title;
  out.author = rule.author;
  out.reading = which;
  out.subject = subject;
  out.status = !reading.required && finding.status == Status::fail ? Status::warn : finding.status;
  out.observed = finding.observed;
  out.limit = finding.limit;
  out.unit = finding.unit;
  out.reason = finding.reason;
  out.evidence = finding.evidence;
  out.citation = reading.citation;
  out.counts = reading.required && (reading.evidence_required || out.status != Status::unknown);
  return out;
}

}  // namespace pgolf::rules
