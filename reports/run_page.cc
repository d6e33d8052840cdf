#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/names.h"
#include "base/units.h"
#include "judge/tier.h"
#include "reports/escape.h"
#include "reports/page_data.h"
#include "reports/pages.h"
#include "reports/scale.h"
#include "templates.h"

namespace pgolf {
namespace {

std::string or_dash_ms(const std::optional<double>& ms) { return ms ? display_value(*ms, "ms") : "-"; }

// "2026-03-21T08:00:00.000Z" as "2026-03-21 08:00 UTC".
std::string minute_text(const std::string& time) {
  return time.size() < 16 || time[10] != 'T' ? time : time.substr(0, 10) + " " + time.substr(11, 5) + " UTC";
}

PageData figure(const std::string& name, const std::string& value, const std::string& unit, const std::string& under) {
  return object({{"name", name}, {"value", value}, {"unit", unit}, {"under", under}});
}

void add_gauge(PageData& figure, double value, double limit) {
  if (!(limit > 0)) return;
  auto gauge = object({{"percent", fmt::format("{:.1f}", std::clamp(100 * value / limit, 0.0, 100.0))},
                       {"over", value > limit ? "over" : ""}});
  figure.set("gauge", gauge);
}

PageData time_figure(const RunView& run, const char* phase, const char* name) {
  const auto ms = run.time_ms(phase);
  const auto limit = run.limit_ms.find(phase);
  const bool limited = limit != run.limit_ms.end();
  auto out = figure(name, ms ? display_value(*ms, "ms") : "-", "",
                    limited ? "as the rule counts; limit " + display_value(limit->second, "ms") : "not judged");
  if (ms && limited) add_gauge(out, *ms, limit->second);
  return out;
}

PageData figures(const RunView& run) {
  PageData out{PageData::type::list};
  std::string broke_off;
  for (const PhaseView& p : run.phases)
    if (p.name == kEvalPhase) broke_off = p.passes;
  out.push_back(figure("validation", or_dash(run.val_bpb, 4), "bits per byte",
                       run.val_loss        ? fmt::format("{:.4f} nats per token", *run.val_loss)
                       : broke_off.empty() ? "not scored"
                                           : broke_off));
  auto bytes = figure("artifact", run.total_bytes ? with_commas(*run.total_bytes) : "-", "bytes",
                      run.total_bytes ? fmt::format("model {} + code {}{}", with_commas(*run.model_bytes),
                                                    with_commas(run.code_bytes.value_or(0)),
                                                    run.limit_bytes ? "; limit " + with_commas(run.limit_bytes) : "")
                                      : "not packed");
  if (run.total_bytes) add_gauge(bytes, static_cast<double>(*run.total_bytes), static_cast<double>(run.limit_bytes));
  out.push_back(bytes);
  out.push_back(time_figure(run, kTrainPhase, "training"));
  out.push_back(time_figure(run, kEvalPhase, "evaluation"));
  return out;
}

// What the practice column repeats of the strict one is left out.
PageData rule_cells(const RuleRow& row) {
  const auto cell = [](const char* reading, const RuleCell& c, const RuleCell* shown) {
    const auto fresh = [&](std::string RuleCell::*member) {
      const std::string& text = c.*member;
      return text == "-" || (shown && shown->*member == text) ? std::string() : text;
    };
    const bool same = shown && shown->observed == c.observed && shown->limit == c.limit;
    auto out = object({{"reading", reading},
                       {"status", c.status},
                       {"observed", same ? "" : fresh(&RuleCell::observed)},
                       {"limit", same || c.limit == "-" ? "" : c.limit},
                       {"reason", fresh(&RuleCell::reason)},
                       {"evidence", fresh(&RuleCell::evidence)},
                       {"citation", fresh(&RuleCell::citation)}});
    out.set("advisory", PageData(!c.counts && !c.status.empty()));
    return out;
  };
  PageData out{PageData::type::list};
  out.push_back(cell("strict", row.strict, nullptr));
  out.push_back(cell("practice", row.practice, row.strict.status.empty() ? nullptr : &row.strict));
  return out;
}

std::vector<ChartPoint> by_step(const std::vector<CurvePoint>& curve) {
  std::vector<ChartPoint> out;
  for (const auto& p : curve) out.push_back({static_cast<double>(p.step), p.value});
  return out;
}

const std::vector<CurvePoint>& curve_of(const RunView& run, const std::string& series) {
  static const std::vector<CurvePoint> none;
  const auto it = run.curves.find(series);
  return it == run.curves.end() ? none : it->second;
}

// As far as the run went.
std::vector<ChartPoint> published_until(const RunView& run, double last_step) {
  std::vector<ChartPoint> out;
  if (run.published)
    for (const ChartPoint& p : run.published->points)
      if (p.x <= last_step) out.push_back(p);
  return out;
}

void add_training(PageData& data, const RunView& run) {
  const auto& curve = curve_of(run, "train_loss");
  double longest = 0;
  for (const auto& p : curve) longest = std::max(longest, p.elapsed_ms.value_or(0));
  const auto unit = time_unit(longest);
  const std::vector<ChartPoint> steps = by_step(curve), rank0 = by_step(curve_of(run, "rank0_loss"));
  std::vector<ChartPoint> times;
  for (const auto& p : curve)
    if (p.elapsed_ms) times.push_back({*p.elapsed_ms / unit.ms, p.value});
  bool clipped = false;
  LineChart chart{"Training loss by step", "optimizer step", "training loss, nats per token", {}, true};
  chart.series = {{rank0.empty() ? "each step" : "each step, rank 0", rank0.empty() ? steps : rank0, 1, true}};
  const auto published = published_until(run, steps.empty() ? 0 : steps.back().x);
  if (!published.empty()) chart.series.push_back({run.published->log, published, 2, false});
  chart.series.push_back({"moving average", smoothed(steps, 0.04), 1, false});
  data.set("loss_steps", PageData(line_chart(chart, &clipped)));
  chart.title = "Training loss by time", chart.x_label = "training time, " + unit.name;
  chart.series = {{"each step", times, 1, true}, {"moving average", smoothed(times, 0.04), 1, false}};
  data.set("loss_time", PageData(line_chart(chart, &clipped)));
  std::vector<std::string> notes;
  if (const auto tokens = run.metric("tokens_trained"))
    notes.push_back(fmt::format("{} steps over {} tokens", with_commas(static_cast<int64_t>(curve.size())),
                                with_commas(std::llround(*tokens))));
  if (const auto rate = run.metric("tok_per_s"))
    notes.push_back(fmt::format("{} tokens/s", with_commas(std::llround(*rate))));
  if (!published.empty()) notes.push_back("published curve: " + run.published->source);
  if (clipped) notes.push_back("the first steps lie above the frame");
  data.set("loss_note", text_data(fmt::format("{}", fmt::join(notes, "; "))));
}

void add_stream(PageData& data, const RunView& run) {
  LineChart chart{"Bits per byte over the validation stream", "targets scored", "bits per byte so far", {}, true, true};
  for (const auto& [name, curve] : run.curves) {
    if (!name.starts_with("stream.") || curve.size() < 2) continue;
    chart.series.push_back({name.substr(7), by_step(curve), static_cast<int>(chart.series.size() % 6) + 1, false});
  }
  data.set("has_stream", PageData(!chart.series.empty()));
  data.set("stream", PageData(line_chart(chart)));
}

void add_phases(PageData& data, const RunView& run) {
  std::vector<PhaseBar> bars;
  bool limit_line = false;
  double longest = 0, limit = 0;
  for (const auto& p : run.phases) {
    if (!p.wall_ms) continue;
    bars.push_back({p.attempt > 1 ? fmt::format("{} ({})", p.name, p.attempt) : p.name, *p.wall_ms, p.counted_ms,
                    p.rule_limit_ms});
    longest = std::max(longest, *p.wall_ms);
    limit = std::max(limit, p.rule_limit_ms.value_or(0));
  }
  limit_line = limit > 0 && limit < 8 * longest;
  data.set("phases", PageData(phase_chart(bars)));
  data.set("limit_line", PageData(limit_line));
  data.set("phase_rows", list_data(run.phases, [](const PhaseView& p) {
             const auto memory =
                 p.max_rss_bytes ? fmt::format("{:.0f} MB", static_cast<double>(*p.max_rss_bytes) / 1e6) : "-";
             auto row = object({{"name", p.name},
                                {"attempt", std::to_string(p.attempt)},
                                {"outcome", p.outcome},
                                {"message", p.message},
                                {"attempts", p.attempts},
                                {"passes", p.passes},
                                {"wall", or_dash_ms(p.wall_ms)},
                                {"process_limit", p.process_limit_ms ? duration_text(*p.process_limit_ms) : "-"},
                                {"counted", or_dash_ms(p.counted_ms)},
                                {"cpu", or_dash_ms(p.cpu_ms)},
                                {"memory", memory},
                                {"sandbox", p.sandbox}});
             row.set("again", PageData(p.attempt > 1));
             return row;
           }));
}

const char* state_class(const std::string& state) {
  if (state == "done") return " pass";
  return state == "failed" || state == "killed" || state == "lost" ? " fail" : "";
}

// What the run is, and where it came from.
PageData identity_data(const RunView& run, const std::string& index) {
  return object({{"run_id", run.run_id},
                 {"submission", run.submission},
                 {"title", run.title},
                 {"author", run.author},
                 {"track", run.track},
                 {"url", run.upstream_url},
                 {"pr", run.pr > 0 ? fmt::format("#{}", run.pr) : ""},
                 {"params", with_commas(run.num_params)},
                 {"seed", std::to_string(run.seed)},
                 {"created", minute_text(run.created_at)},
                 {"imported", run.imported_at.empty() ? "" : minute_text(run.imported_at)},
                 {"bundle", run.bundle_sha256},
                 {"state", run.state},
                 {"state_class", state_class(run.state)},
                 {"profile", run.profile},
                 {"failure", run.failure},
                 {"strict", run.strict},
                 {"practice", run.practice},
                 {"tier", run.tier},
                 {"tier_text", tier_text(run.tier)},
                 {"ruleset", run.ruleset},
                 {"ruleset_sha256", run.ruleset_sha256},
                 {"as_of", run.as_of},
                 {"to_do", run.to_do},
                 {"index", index},
                 {"overrides", fmt::format("{}", fmt::join(run.overrides, ", "))},
                 {"command", command_line(run.command)},
                 {"pinned", run.pinned_sha256},
                 {"artifact_sha256", run.artifact_sha256}});
}

// What is said of the run as a whole: its engine, clock, replay, and how it stands to the claim.
void add_claims(PageData& data, const RunView& run) {
  data.set("foreign_engine", text_data(run.foreign_engine));
  data.set("clock", text_data(run.clock));
  data.set("replay", text_data(run.replay));
  data.set("replay_class", text_data(run.replay_class));
  data.set("reproduced", run.reproduced);
  data.set("reproduced_class", text_data(run.reproduced == "reproduced"       ? "pass"
                                         : run.reproduced == "not reproduced" ? "fail"
                                                                              : ""));
  data.set("reproduced_reason", run.reproduced_reason);
  set_list(data, "claims", run.claims, [](const ClaimRow& row) {
    return object({{"what", row.what},
                   {"claimed", row.claimed},
                   {"source", row.source},
                   {"result", row.result},
                   {"difference", row.difference}});
  });
}

}  // namespace

std::string run_page(const RunView& run, const std::string& index) {
  auto data = identity_data(run, index);
  data.set("has_overrides", PageData(!run.overrides.empty()));
  data.set("scaled", PageData(!run.as_run));
  data.set("judged", PageData(!run.rules.empty()));
  data.set("figures", figures(run));
  data.set("rules", list_data(run.rules, [](const RuleRow& row) {
             auto out = object({{"rule", row.rule}, {"title", row.title}});
             out.set("cells", rule_cells(row));
             return out;
           }));
  add_claims(data, run);
  add_training(data, run);
  add_stream(data, run);
  data.set("has_bytes", PageData(!run.bytes.empty()));
  data.set("bytes", PageData(byte_chart(run.bytes, run.limit_bytes)));
  add_phases(data, run);
  const auto pair = [](const NamedText& t) { return object({{"name", t.name}, {"text", t.text}}); };
  set_list(data, "differences", run.differences, pair);
  set_list(data, "environment", run.environment, pair);
  set_list(data, "config", run.config, pair);
  return whole_page(fmt::format("{} · {}", run.submission, run.run_id), render(templates::kRun, data),
                    "Drawn by pgolf from the record of this run. Times UTC, bytes decimal.");
}

}  // namespace pgolf
