// A sweep's result as a table for the terminal, as JSON and as what its page shows.
#include <fmt/ranges.h>

#include <algorithm>

#include "base/units.h"
#include "harness/sweep/result.h"

namespace pgolf {
namespace {

using Table = std::vector<std::vector<std::string>>;

std::string or_dash(const std::optional<double>& value, const std::string& text) { return value ? text : "-"; }

std::string of_planned(size_t have, size_t planned) { return fmt::format("{} of {} planned", have, planned); }

std::string signed_bytes(double bytes) { return (bytes > 0 ? "+" : "") + with_commas(static_cast<int64_t>(bytes)); }

std::string signed_seconds(double ms) { return fmt::format("{:+.2f} s", ms / 1e3); }

std::string p_text(double p) { return p < 1e-4 ? "< 0.0001" : fmt::format("{:.4f}", p); }

Table effect_table(const SweepResult& result) {
  Table out = {
      {"technique", "gain", "95 % interval", "p (Holm)", "verdict", "bytes", "training", "evaluation", "seeds"}};
  for (const Effect& e : result.effects) {
    std::vector<std::string> row = {e.variant->technique};
    if (e.paired) {
      const auto& i = e.paired->interval;
      row.push_back(fmt::format("{:+.5f}", e.paired->differences.mean));
      row.push_back(i ? fmt::format("{:+.5f} to {:+.5f}", i->low, i->high) : "-");
      row.push_back(e.p_holm ? p_text(*e.p_holm) : "-");
    } else {
      row.insert(row.end(), {"-", "-", "-"});
    }
    row.push_back(e.verdict());
    row.push_back(e.bytes ? signed_bytes(*e.bytes) : "-");
    row.push_back(e.train_ms ? signed_seconds(*e.train_ms) : "-");
    row.push_back(e.eval_ms ? signed_seconds(*e.eval_ms) : "-");
    row.push_back(of_planned(e.seeds.size(), e.planned));
    out.push_back(std::move(row));
  }
  return out;
}

Table row_table(const SweepResult& result) {
  Table out = {{"variant", "mean " + result.metric, "deviation", "bytes", "training", "evaluation", "strict",
                "practice", "runs"}};
  for (const SweepRow& r : result.rows) {
    const auto sample = r.values.empty() ? std::nullopt : std::optional(summarize(r.values));
    out.push_back({r.variant->name, sample ? fmt::format("{:.5f}", sample->mean) : "-",
                   sample && sample->n > 1 ? fmt::format("{:.5f}", sample->sd) : "-",
                   or_dash(r.bytes, with_commas(static_cast<int64_t>(r.bytes.value_or(0)))),
                   or_dash(r.train_ms, duration_text(r.train_ms.value_or(0))),
                   or_dash(r.eval_ms, duration_text(r.eval_ms.value_or(0))), r.strict.empty() ? "-" : r.strict,
                   r.practice.empty() ? "-" : r.practice, of_planned(r.values.size(), r.planned)});
  }
  return out;
}

std::string table_text(const Table& table) {
  std::vector<size_t> widths(table.front().size());
  for (const auto& row : table)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string out;
  for (const auto& row : table) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i)
      line += i == 0 ? fmt::format("{:<{}}", row[i], widths[i]) : fmt::format("  {:>{}}", row[i], widths[i]);
    out += line + "\n";
  }
  return out;
}

std::string unit_of(const std::string& metric) {
  return metric.starts_with("val_loss") ? "nats per token" : "bits per byte";
}

std::vector<std::string> notes_of(const SweepPlan& plan, const SweepResult& result) {
  std::vector<std::string> out;
  size_t have = 0;
  for (const SweepRow& row : result.rows) have += row.values.size();
  out.push_back(fmt::format("{} runs, planned {} before the first", of_planned(have, plan.tasks()), plan.created_at));
  if (plan.is_ablation())
    out.push_back("times are of runs that may have shared the machine; bytes are of model and code");
  if (plan.seeds.size() < 3)
    out.push_back(fmt::format("{} a variant: three seeds are the least that show a spread",
                              plan.seeds.size() == 1 ? "one seed" : "two seeds"));
  for (const SkippedTechnique& s : plan.skipped) out.push_back(fmt::format("not planned: {}: {}", s.name, s.why));
  return out;
}

Json effect_json(const Effect& e) {
  Json out = {{"technique", e.variant->technique}, {"variant", e.variant->name}, {"verdict", e.verdict()}};
  out["seeds"] = e.seeds, out["planned"] = e.planned;
  out["gain"] = e.paired ? Json(e.paired->differences.mean) : Json();
  out["sd"] = e.paired && e.paired->differences.n > 1 ? Json(e.paired->differences.sd) : Json();
  out["interval"] = e.paired && e.paired->interval ? Json{e.paired->interval->low, e.paired->interval->high} : Json();
  out["p"] = e.paired ? or_null(e.paired->p_two_sided) : Json();
  out["p_holm"] = or_null(e.p_holm);
  out["bytes"] = or_null(e.bytes), out["train_ms"] = or_null(e.train_ms), out["eval_ms"] = or_null(e.eval_ms);
  return out;
}

}  // namespace

std::string result_text(const SweepPlan& plan, const SweepResult& result) {
  std::string out;
  if (!result.effects.empty())
    out += fmt::format("gain of each technique in {}, lower being better; paired by seed\n{}\n",
                       plan.variants.front().name, table_text(effect_table(result)));
  out += table_text(row_table(result)) + "\n";
  for (const std::string& note : notes_of(plan, result)) out += note + "\n";
  return out;
}

Json result_json(const SweepPlan& plan, const SweepResult& result) {
  Json out = {{"format", "pgolf.sweep-result/1"},
              {"id", plan.id},
              {"metric", result.metric},
              {"unit", unit_of(result.metric)},
              {"seeds", plan.seeds},
              {"planned", plan.tasks()},
              {"created_at", plan.created_at},
              {"variants", Json::array()},
              {"effects", Json::array()},
              {"notes", notes_of(plan, result)}};
  for (const SweepRow& r : result.rows) {
    Json mean, sd;
    if (!r.values.empty()) {
      const Sample sample = summarize(r.values);
      mean = sample.mean;
      if (sample.n > 1) sd = sample.sd;
    }
    Json runs = Json::array();
    for (size_t i = 0; i < r.runs.size(); ++i)
      runs.push_back({{"run_id", r.runs[i]}, {"seed", r.seeds[i]}, {"value", r.values[i]}});
    out["variants"].push_back({{"name", r.variant->name},
                               {"submission", r.variant->submission},
                               {"profile", r.variant->profile},
                               {"overrides", r.variant->sets},
                               {"technique", r.variant->technique.empty() ? Json() : Json(r.variant->technique)},
                               {"planned", r.planned},
                               {"n", r.values.size()},
                               {"mean", mean},
                               {"sd", sd},
                               {"bytes", or_null(r.bytes)},
                               {"train_ms", or_null(r.train_ms)},
                               {"eval_ms", or_null(r.eval_ms)},
                               {"strict", r.strict.empty() ? Json() : Json(r.strict)},
                               {"practice", r.practice.empty() ? Json() : Json(r.practice)},
                               {"runs", runs}});
  }
  for (const Effect& e : result.effects) out["effects"].push_back(effect_json(e));
  return out;
}

SweepView result_view(const SweepPlan& plan, const SweepResult& result) {
  SweepView out;
  out.metric = result.metric, out.unit = unit_of(result.metric), out.notes = notes_of(plan, result);
  out.title = plan.is_ablation() ? fmt::format("Ablation of {}", plan.variants.front().name)
                                 : fmt::format("Sweep of {} variants", plan.variants.size());
  const Table effects = effect_table(result), rows = row_table(result);
  out.effect_columns = effects.front(), out.row_columns = rows.front();
  for (size_t i = 1; i < effects.size(); ++i) out.effect_rows.push_back({effects[i]});
  for (size_t i = 1; i < rows.size(); ++i) out.rows.push_back({rows[i]});
  for (const Effect& e : result.effects) {
    EffectRow row{e.variant->technique, e.p_holm ? "p " + p_text(*e.p_holm) : e.verdict(), {}, {}, {}, false};
    if (e.paired) row.gain = e.paired->differences.mean;
    if (e.paired && e.paired->interval) row.low = e.paired->interval->low, row.high = e.paired->interval->high;
    row.shown = e.p_holm && *e.p_holm < 2 * kSweepAlpha;
    out.effects.push_back(std::move(row));
  }
  for (const SweepRow& r : result.rows) {
    SpreadRow row{r.variant->name, r.values, {}, {}, {}};
    if (!r.values.empty()) row.mean = summarize(r.values).mean;
    if (r.values.size() > 1)
      if (const auto i = mean_interval(summarize(r.values), kSweepAlpha)) row.low = i->low, row.high = i->high;
    out.spread.push_back(std::move(row));
  }
  return out;
}

}  // namespace pgolf
