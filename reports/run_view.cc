#include "reports/run_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/json.h"
#include "base/names.h"
#include "base/units.h"
#include "db/documents/documents.h"
#include "db/documents/recorded_passes.h"
#include "db/run_clock.h"
#include "judge/counted.h"
#include "judge/foreign_engine.h"
#include "judge/outcome.h"
#include "judge/replay_end.h"
#include "judge/reproduction.h"
#include "judge/tier.h"
#include "judge/verdict.h"

namespace pgolf {
namespace {

RuleCell rule_cell(const Verdict& v) {
  return {status_name(v.status),
          display_value(v.observed, v.unit),
          display_value(v.limit, v.unit),
          v.reason,
          v.evidence,
          v.citation,
          v.counts};
}

// What is wrong comes first on the page.
int urgent(const RuleRow& row) { return std::max(urgency(row.strict.status), urgency(row.practice.status)); }

// What a page says of sizes and times rests on the strict reading of their rules.
void read_limits(const Verdict& v, RunView& view) {
  const std::string phase = v.rule == "train_time" ? "train" : v.rule == "eval_time" ? "eval" : "";
  if (!phase.empty() && v.reading == Reading::strict && v.observed.is_number())
    view.rule_ms[phase] = v.observed.get<double>();
  if (!v.limit.is_number()) return;
  if (v.rule == "artifact_size") view.limit_bytes = v.limit.get<int64_t>();
  if (!phase.empty()) view.limit_ms[phase] = v.limit.get<double>();
}

void read_judgement(const RunRecord& record, RunView& view) {
  if (!record.judgement) return;
  view.ruleset = record.judgement->ruleset, view.ruleset_sha256 = record.judgement->ruleset_sha256;
  view.as_of = record.judgement->as_of;
  const std::vector<Verdict> verdicts = verdicts_of(*record.judgement);
  for (const Verdict& v : verdicts) {
    auto row = std::find_if(view.rules.begin(), view.rules.end(), [&](const RuleRow& r) { return r.rule == v.rule; });
    if (row == view.rules.end())
      row = view.rules.insert(row, {v.rule, v.title + (v.author == kPgolf ? " (asked by pgolf)" : ""), {}, {}});
    (v.reading == Reading::strict ? row->strict : row->practice) = rule_cell(v);
    read_limits(v, view);
  }
  std::stable_sort(view.rules.begin(), view.rules.end(),
                   [](const RuleRow& a, const RuleRow& b) { return urgent(a) > urgent(b); });
  view.strict = status_name(outcome(verdicts, Reading::strict));
  view.practice = status_name(outcome(verdicts, Reading::practice));
  view.to_do = to_do_text(verdicts);
}

void read_artifact(const RunRecord& record, RunView& view) {
  const auto counted = counted_bytes(record, Reading::strict);
  if (!counted) return;
  const ArtifactRow* artifact = record.artifact();
  view.model_bytes = counted->model, view.code_bytes = counted->code, view.total_bytes = counted->total();
  view.practice_bytes = counted_bytes(record, Reading::practice)->total();
  view.artifact_sha256 = artifact->sha256;
  int64_t named = 0;
  for (const ClassBytes& c : artifact_document(*artifact).classes) {
    view.bytes.push_back({c.name, c.bytes, false});
    named += c.bytes;
  }
  if (named != artifact->bytes)
    view.bytes.push_back({named == 0 ? "artifact" : "rest", artifact->bytes - named, false});
  std::erase_if(view.bytes, [](const ByteRow& row) { return row.bytes <= 0; });
  if (counted->code > 0) view.bytes.push_back({"code", counted->code, true});
}

void flatten(const Json& json, const std::string& prefix, std::vector<NamedText>& out) {
  for (const auto& [key, value] : json.items()) {
    const std::string name = prefix.empty() ? key : prefix + "." + key;
    if (value.is_object())
      flatten(value, name, out);
    else
      out.push_back({name, value.is_string() ? value.get<std::string>() : value.dump()});
  }
}

std::string number(double value, int decimals) { return fmt::format("{:.{}f}", value, decimals); }

int decimals_of(const std::string& printed) {
  const auto dot = printed.find('.');
  return dot == std::string::npos ? 0 : static_cast<int>(printed.size() - dot - 1);
}

// The metric that stands beside a claimed evaluation: the pass of that name, or for float weights the exported ones.
std::optional<double> metric_for(const RunView& view, const std::string& quantity, const std::string& eval,
                                 std::string& pass_of) {
  const bool floats = eval == "live" || eval == "ema" || eval == "swa";
  for (const std::string& pass : {eval, floats ? std::string(kFloatPass) : eval})
    if (const auto value = view.metric(pass_metric(quantity, pass))) {
      pass_of = pass;
      return value;
    }
  return std::nullopt;
}

// Two files that claim the same make one row.
void add_claim(RunView& view, ClaimRow row) {
  for (auto& other : view.claims)
    if (other.what == row.what && other.claimed == row.claimed) {
      if (other.source.find(row.source) == std::string::npos) other.source += "; " + row.source;
      return;
    }
  view.claims.push_back(std::move(row));
}

// One printed quantity of an evaluation beside the run's.
void add_printed(RunView& view, const std::string& quantity, const std::string& claimed, const std::string& eval,
                 const std::string& source) {
  if (claimed.empty()) return;
  ClaimRow row{fmt::format("{} ({})", quantity, eval), claimed, source, "-", "-"};
  std::string pass;
  if (const auto value = metric_for(view, quantity, eval, pass)) {
    row.result = number(*value, std::max(4, decimals_of(claimed)));
    if (pass != eval) row.result += " (" + pass + ")";
    char* end = nullptr;
    const double said = std::strtod(claimed.c_str(), &end);
    if (end != claimed.c_str()) row.difference = fmt::format("{:+.4f}", *value - said);
  }
  add_claim(view, std::move(row));
}

void add_whole(RunView& view, const std::string& source, const std::optional<int64_t>& claimed, const char* what,
               const std::optional<double>& result, bool time) {
  if (!claimed) return;
  const auto said = static_cast<double>(*claimed);
  const auto shown = [&](double v) { return time ? duration_text(v) : with_commas(std::llround(v)); };
  ClaimRow row{what, shown(said), source, "-", "-"};
  if (result) {
    row.result = shown(*result);
    const double d = *result - said;
    row.difference = (d > 0 ? "+" : d < 0 ? "-" : "") + shown(std::abs(d));
  }
  add_claim(view, std::move(row));
}

// The headline, then what the log of this seed says (or the first log, if there is none of it).
void read_claims(const SubmissionDocument& submission, RunView& view) {
  const Headline& headline = submission.headline;
  add_printed(view, "val_bpb", headline.val_bpb, headline.eval, headline.source + ", headline");
  add_printed(view, "val_loss", headline.val_loss, headline.eval, headline.source + ", headline");
  const Claim* log = nullptr;
  for (const Claim& claim : submission.claims)
    if (claim.seed && (!log || (*claim.seed == view.seed && *log->seed != view.seed))) log = &claim;
  if (!log) return;
  for (const ClaimedEval& eval : log->evals) {
    add_printed(view, "val_bpb", eval.val_bpb, eval.name, log->source);
    add_printed(view, "val_loss", eval.val_loss, eval.name, log->source);
  }
  const auto as_double = [](const auto& v) { return v ? std::optional(static_cast<double>(*v)) : std::nullopt; };
  add_whole(view, log->source, log->model_bytes, "model bytes", as_double(view.model_bytes), false);
  add_whole(view, log->source, log->total_bytes, "total bytes, counted as in practice", as_double(view.practice_bytes),
            false);
  add_whole(view, log->source, log->steps, "steps", view.metric("steps"), false);
  add_whole(view, log->source, log->train_ms, "training loop, by its own clock", view.metric("train_clock_ms"), true);
  add_whole(view, log->source, log->num_params, "parameters", static_cast<double>(view.num_params), false);
}

void read_submission(const RunRecord& record, RunView& view) {
  const auto& row = record.submission;
  view.submission = row.id, view.title = row.title, view.author = row.author, view.track = row.track;
  view.pr = row.pr, view.upstream_commit = row.upstream_commit;
  const SubmissionDocument d = submission_document(row);
  if (!d.upstream.repository.empty() && row.pr > 0)
    view.upstream_url = fmt::format("https://github.com/{}/pull/{}", d.upstream.repository, row.pr);
  for (const Difference& difference : d.differences)
    view.differences.push_back({difference.claimed, difference.as_run});
  read_claims(d, view);
}

void read_phases(const RunRecord& record, RunView& view) {
  for (const auto& p : record.phases) {
    const PhaseDocument document = phase_document(p);
    PhaseView phase{.name = p.name,
                    .outcome = p.outcome.empty() ? "running" : p.outcome,
                    .sandbox = isolation_text(p),
                    .message = p.message,
                    .attempts = attempts_text(document.denied, SIZE_MAX),
                    .passes = p.outcome == "ok" ? "" : passes_text(recorded_passes(record, p)),
                    .attempt = p.attempt,
                    .wall_ms = p.wall_ms,
                    .cpu_ms = p.cpu_ms,
                    .process_limit_ms = p.limit_ms,
                    .counted_ms = counted_ms(record, p),
                    .rule_limit_ms = {},
                    .max_rss_bytes = p.max_rss_bytes};
    if (view.limit_ms.contains(p.name)) phase.rule_limit_ms = view.limit_ms.at(p.name);
    view.phases.push_back(std::move(phase));
  }
}

}  // namespace

std::optional<double> RunView::metric(const std::string& name) const {
  const auto it = metrics.find(name);
  return it == metrics.end() ? std::nullopt : std::optional(it->second);
}

std::optional<double> RunView::time_ms(std::string_view phase) const {
  if (const auto counted = rule_ms.find(std::string(phase)); counted != rule_ms.end()) return counted->second;
  std::optional<double> out;
  for (const PhaseView& p : phases)
    if (p.name == phase) out = p.counted_ms ? p.counted_ms : p.wall_ms;
  return out;
}

RunView load_run_view(const Store& store, const std::string& run, const std::optional<RecordMargin>& margin) {
  const RunRecord record = store.load_run(run);
  RunView view;
  view.run_id = record.run.id, view.state = run_state_name(record.run.state);
  view.created_at = record.run.created_at, view.ended_at = record.run.ended_at;
  view.unvouched = record.unvouched, view.tier = tier_of(record);
  view.imported_at = record.run.imported_at, view.bundle_sha256 = record.run.bundle_sha256;
  if (!record.run.failure.kind.empty()) view.failure = record.run.failure.kind + ": " + record.run.failure.message;
  view.profile = record.pinned.profile, view.as_run = record.pinned.as_run, view.seed = record.pinned.seed;
  view.num_params = record.pinned.num_params, view.pinned_sha256 = record.pinned.sha256;
  const PinnedDocument pinned = pinned_document(record.pinned);
  view.overrides = pinned.overrides, view.command = command_of(record.run);
  view.metrics = record.metrics;
  view.val_loss = view.metric("val_loss"), view.val_bpb = view.metric("val_bpb");
  for (const auto& series : record.curves) view.curves[series] = store.load_curve(run, series);
  read_judgement(record, view);
  read_artifact(record, view);
  read_phases(record, view);
  read_submission(record, view);
  const Reproduction found = reproduction_of(record, margin);
  view.foreign_engine = foreign_engine(record);
  if (const auto given = record.environment.find("published_weights"); given != record.environment.end())
    view.weights = given->second;
  view.clock = clock_text(record);
  view.published = published_curve(record);
  view.replay = replay_text(record);
  const ReplayEnd end = replay_end(record);
  view.replay_class = end == ReplayEnd::equal ? "pass" : end == ReplayEnd::different ? "fail" : "";
  view.reproduced = reproduced_name(found.outcome), view.reproduced_reason = found.reason;
  for (const auto& [name, value] : record.environment) view.environment.push_back({name, value});
  flatten(pinned.config, "", view.config);
  return view;
}

}  // namespace pgolf
