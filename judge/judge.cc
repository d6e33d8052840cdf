#include "judge/judge.h"

#include <functional>

#include "judge/rules/rules.h"

namespace pgolf {
namespace rules {

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

}  // namespace rules

namespace {

using RunRule = std::function<rules::Finding(const RunEvidence&, const RuleReading&)>;
using RunRules = std::map<std::string, RunRule, std::less<>>;

RunRules run_rules(const Ruleset& ruleset) {
  return {
      {"artifact_size", rules::artifact_size},
      {"artifact_identity", rules::artifact_identity},
      {"train_time", rules::train_time},
      {"eval_time", rules::eval_time},
      {"hardware", rules::hardware},
      {"score_before_update", rules::score_before_update},
      {"scored_once", rules::scored_once},
      {"ledger_intact", rules::ledger_intact},
      {"normalised", rules::normalised},
      {"causal", rules::causal},
      {"training_without_validation", rules::training_without_validation},
      {"evaluation_without_training", rules::evaluation_without_training},
      {"kept_to_sandbox", rules::kept_to_sandbox},
      {"data_hashes", rules::data_hashes},
      {"byte_count", rules::byte_count},
      {"validation_set",
       [&](const RunEvidence& run, const RuleReading&) { return rules::validation_set(run, ruleset.streams); }},
      {"engine_identity", rules::engine_identity},
      {"training_extent", rules::training_extent},
      {"train_val_overlap", rules::train_val_overlap},
      {"phases_ran_once", rules::phases_ran_once},
      {"submission_identity",
       [](const RunEvidence& run, const RuleReading&) {
         return rules::submission_identity(run.facts.submission, run.facts.shipped, run.facts.not_shipped);
       }},
      {"one_result", rules::one_result},
      {"fits_configuration", rules::fits_configuration},
  };
}

// Rules whose figures mean nothing for the submission itself unless it ran as it was.
bool scales_with_size(std::string_view id) { return id == "artifact_size" || id == "train_time" || id == "eval_time"; }

bool measures_time(std::string_view id) { return id == "train_time" || id == "eval_time" || id == "hardware"; }

// Nobody can look at it again: in an imported run it is claimed.
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

}  // namespace

bool is_witnessed(std::string_view rule) {
  return measures_time(rule) || rule == "engine_identity" || rule == "kept_to_sandbox" || rule == "phases_ran_once" ||
         rule == "training_without_validation" || rule == "evaluation_without_training";
}

std::vector<Verdict> judge(const RunEvidence& run, const Ruleset& ruleset, std::string_view as_of) {
  if (!as_of.empty()) check_date(as_of, "--as-of");
  const auto date = as_of.empty() ? std::string_view(ruleset.date) : as_of;
  const RunRules measures = run_rules(ruleset);
  std::vector<Verdict> out;
  for (const auto& rule : ruleset.rules) {
    const auto measure = measures.find(rule.id);
    if (measure == measures.end() || !rule.subjects.contains("run")) continue;
    for (const auto which : {Reading::strict, Reading::practice}) {
      const auto& reading = rule.reading(which);
      if (!rules::in_force(reading, date)) continue;
      auto finding = measure->second(run, reading);
      if (run.facts.published_clock && measures_time(rule.id))
        weigh_published_clock(finding);
      else if (rules::exempt(reading, run.facts.track))
        finding = rules::exempt_finding(ruleset, reading, run.facts.track, finding);
      else if (!run.facts.as_run && scales_with_size(rule.id) && !finding.observed.is_null())
        finding.reason += fmt::format("; of profile '{}', not the submission as it ran", run.facts.profile);
      if (run.facts.imported && which == Reading::strict && is_witnessed(rule.id) && finding.status == Status::pass)
        weigh_import(finding);
      out.push_back(rules::make_verdict(rule, which, "", finding));
    }
  }
  return out;
}

}  // namespace pgolf
