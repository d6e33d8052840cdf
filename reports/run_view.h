// What a report says about one run, read from the record alone. Everything is plain text or a number here; escaping is
// the business of the writers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "db/store.h"
#include "judge/ruleset.h"
#include "reports/charts.h"
#include "reports/published_curve.h"

namespace pgolf {

struct RuleCell {
  std::string status;  // pass, warn, fail, unknown; "" if the reading was not in force
  std::string observed, limit, reason, evidence, citation;
  bool counts = true;
};

struct RuleRow {
  std::string rule, title;
  RuleCell strict, practice;
};

struct ClaimRow {
  std::string what, claimed, source, result, difference;
};

struct PhaseView {
  std::string name, outcome, sandbox, message, attempts;
  std::string passes;  // of a phase that did not end well: which scoring passes had ended, and where it broke off
  int64_t attempt = 1;
  std::optional<double> wall_ms, cpu_ms, process_limit_ms;  // of the whole process
  std::optional<double> counted_ms, rule_limit_ms;          // of the part that the rule is about
  std::optional<int64_t> max_rss_bytes;
};

struct NamedText {
  std::string name, text;
};

struct RunView {
  std::string run_id, submission, title, author, track, upstream_url, upstream_commit;
  int64_t pr = 0, seed = 0, num_params = 0;
  std::string profile, state, failure, created_at, ended_at, pinned_sha256;
  std::string imported_at, bundle_sha256;  // "" for a run of this record's own
  bool as_run = false, unvouched = false;
  std::vector<std::string> overrides, command;

  std::map<std::string, double> metrics;
  std::optional<double> val_loss, val_bpb;
  std::optional<int64_t> model_bytes, code_bytes, total_bytes;  // as the strict reading counts them (judge/counted.h)
  std::optional<int64_t> practice_bytes;                        // the total as practice does
  std::string artifact_sha256;
  std::vector<ByteRow> bytes;  // classes of the artifact, then the code

  std::vector<PhaseView> phases;
  std::string ruleset, ruleset_sha256, as_of;
  std::string strict, practice;  // outcomes; "" if the run was not judged
  std::string tier;              // judge/tier.h
  std::vector<RuleRow> rules;
  int64_t limit_bytes = 0;                 // of the size rule; 0 if it was not judged
  std::map<std::string, double> limit_ms;  // of the time rules, by phase
  std::map<std::string, double> rule_ms;   // what their strict reading observed
  std::string to_do;                       // who must do what before the outcome is a pass; "" if nothing is open

  std::vector<ClaimRow> claims;
  std::string reproduced, reproduced_reason;  // of the number in the title (reproduction.h)
  std::string weights;                        // those that were published and not trained here; "" for other runs
  std::string clock;                          // the published one, if the run followed it (run_clock.h)
  std::string replay, replay_class;           // what a replay came to (replay_end.h); "" for other runs
  std::string foreign_engine;                 // if the engine was not pgolf's own (foreign_engine.h)
  std::vector<NamedText> differences;         // what was claimed, how it ran
  std::vector<NamedText> environment, config;
  std::map<std::string, std::vector<CurvePoint>> curves;
  std::optional<PublishedCurve> published;

  std::optional<double> metric(const std::string& name) const;
  // The one time of training or evaluation that a page gives: what the strict reading of its rule counts; of a run that
  // was not judged, the part that the limit is about, else the whole process.
  std::optional<double> time_ms(std::string_view phase) const;
};

// `margin` decides whether the claim is reproduced. Errors: those of Store; database if a document of the record is
// damaged.
RunView load_run_view(const Store& store, const std::string& run, const std::optional<RecordMargin>& margin);

}  // namespace pgolf
