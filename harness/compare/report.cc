#include "harness/compare/report.h"

#include <fmt/format.h>

#include <numbers>

#include "reports/run_view.h"

namespace pgolf {
namespace {

constexpr double kMeanAlpha = 0.025;  // of the intervals that are drawn around the means: 95 %

std::string percent(double share) { return fmt::format("{:g} %", 100 * share); }

// "+0.00840 bits per byte (+0.0151 nats per token)"
std::string amount(const Comparison& c, double value) {
  std::string out = fmt::format("{:+.5f} {}", value, c.unit);
  if (c.nats_per_unit && *c.nats_per_unit != 1)
    out += fmt::format(" ({:+.5f} nats per token)", value * *c.nats_per_unit);
  return out;
}

std::string p_text(double p) { return p < 1e-4 ? "p < 0.0001" : fmt::format("p = {:.4f}", p); }

std::string sample_text(const Comparison& c, const Sample& s) {
  if (s.n < 2) return fmt::format("one run, {:.5f} {}", s.mean, c.unit);
  const auto i = mean_interval(s, kMeanAlpha);
  return fmt::format("{} runs, mean {:.5f}, standard deviation {:.5f} {}; 95 % interval of the mean {:.5f} to {:.5f}",
                     s.n, s.mean, s.sd, c.unit, i->low, i->high);
}

// What upstream's practice would have said of the same numbers.
std::string practice_text(const Comparison& c, const Rule& rule) {
  const double alpha = rule.practice.number("alpha"), nats = rule.practice.number("margin_nats");
  const double margin = c.nats_per_unit ? nats / *c.nats_per_unit : 0;
  const double p = c.test->p_greater(margin);
  return fmt::format("a gain{} at p < {}: {}, {}", nats > 0 ? fmt::format(" above {} nats", nats) : " of any size",
                     alpha, p < alpha ? "yes" : "no", p_text(p));
}

void add_tests(std::vector<NamedText>& out, const Comparison& c, const CompareOptions& o) {
  out.push_back({fmt::format("{} interval of the difference", percent(1 - 2 * o.alpha)),
                 fmt::format("{:+.5f} to {:+.5f} {}; Welch's t, {:.2f} degrees of freedom, standard error {:.5f}",
                             c.interval->low, c.interval->high, c.unit, c.test->df, c.test->standard_error)});
  out.push_back({"any gain at all", fmt::format("one-sided {} (t = {:.3f})", p_text(*c.p_any), c.test->t(0))});
  if (!c.margin) return;
  out.push_back({fmt::format("a gain above {} nats", o.margin_nats),
                 fmt::format("one-sided {} (t = {:.3f}); asked for: p < {}", p_text(*c.p_better), c.test->t(*c.margin),
                             o.alpha)});
  if (*c.margin > 0)
    out.push_back({fmt::format("a difference within {} nats", o.margin_nats),
                   fmt::format("two one-sided tests, {}; asked for: p < {}", p_text(*c.p_equal), o.alpha)});
}

// What a sample of this size can and cannot show.
void add_power(std::vector<NamedText>& out, const Comparison& c, const CompareOptions& o) {
  if (c.detectable) {
    std::string text =
        fmt::format("a true gain of {} would be found in {} of such comparisons; a smaller one mostly not",
                    amount(c, c.margin.value_or(0) + *c.detectable), percent(o.power));
    if (c.runs_needed && *c.margin > 0)
      text += fmt::format(". To find a gain of {} nats, twice the margin: {} runs a side", 2 * o.margin_nats,
                          *c.runs_needed);
    out.push_back({"can show", text});
  }
  if (c.test && c.a.n <= 3 && c.b.n <= 3)
    out.push_back({"rests on",
                   "normally distributed results: with three runs a side no rank test gets below p = 0.05, "
                   "however far apart they lie"});
}

// The outcome of each side that was judged, in both readings.
std::string judged_text(const ComparedSides& of) {
  std::string out;
  for (const auto& [name, side] : {std::pair("A", &of.a.side), {"B", &of.b.side}})
    if (!side->strict.empty())
      out += fmt::format("{}{}: strict {}, practice {}", out.empty() ? "" : "; ", name, side->strict, side->practice);
  return out;
}

std::vector<NamedText> statements(const Comparison& c, const ComparedSides& of) {
  const CompareOptions& o = of.options;
  std::vector<NamedText> out = {{"A, " + of.a.side.name, sample_text(c, c.a)},
                                {"B, " + of.b.side.name, sample_text(c, c.b)}};
  if (const std::string judged = judged_text(of); !judged.empty()) out.push_back({"judged", judged});
  out.push_back({"gain of A over B", amount(c, c.b.mean - c.a.mean) + ", lower being better"});
  if (c.test) add_tests(out, c, o);
  add_power(out, c, o);
  if (c.test && of.rule) out.push_back({"by upstream's practice", practice_text(c, *of.rule)});
  if (c.nats_per_unit && *c.nats_per_unit != 1)
    out.push_back(
        {"units", fmt::format("1 bit per byte = ln 2 x {:.5f} bytes per token = {:.5f} nats per token, by B's text; "
                              "{} nats = {:.5f} bits per byte",
                              *c.nats_per_unit / std::numbers::ln2, *c.nats_per_unit, o.margin_nats,
                              o.margin_nats / *c.nats_per_unit)});
  return out;
}

Json sample_json(const Comparison&, const SelectedSide& of, const Sample& s) {
  Json out = {{"name", of.side.name}, {"profile", of.side.profile},         {"pass", of.side.pass}, {"n", s.n},
              {"mean", s.mean},       {"sd", s.n < 2 ? Json() : Json(s.sd)}};
  const auto i = mean_interval(s, kMeanAlpha);
  out["ci95"] = i ? Json{i->low, i->high} : Json();
  out["data_sha256"] = of.side.data_sha256.empty() ? Json() : Json(of.side.data_sha256);
  out["strict"] = of.side.strict.empty() ? Json() : Json(of.side.strict);
  out["practice"] = of.side.practice.empty() ? Json() : Json(of.side.practice);
  out["runs"] = Json::array();
  for (const Measured& m : of.side.runs)
    out["runs"].push_back({{"id", m.id}, {"seed", m.seed ? Json(*m.seed) : Json()}, {"value", m.value}});
  return out;
}

// Curves of training loss, one colour a side, named once.
void add_curves(CompareView& out, const RunView& run, const std::string& name, int color) {
  const auto loss = run.curves.find("train_loss");
  if (loss == run.curves.end()) return;
  ChartSeries series{name, {}, color, false};
  for (const CurvePoint& p : loss->second) series.points.push_back({static_cast<double>(p.step), p.value});
  series.points = smoothed(series.points, 0.05);
  out.curves.push_back(std::move(series));
}

void add_differences(CompareView& out, const std::vector<NamedText>& a, const std::vector<NamedText>& b,
                     const std::string& prefix) {
  const auto value = [](const std::vector<NamedText>& in, const std::string& name) {
    for (const NamedText& t : in)
      if (t.name == name) return t.text;
    return std::string("-");
  };
  for (const NamedText& t : a)
    if (const std::string other = value(b, t.name); other != t.text)
      out.differences.push_back({prefix + t.name, t.text, other});
  for (const NamedText& t : b)
    if (value(a, t.name) == "-") out.differences.push_back({prefix + t.name, "-", t.text});
}

}  // namespace

Json compare_to_json(const Comparison& c, const ComparedSides& of) {
  Json out;
  out["format"] = "pgolf.compare/1";
  out["outcome"] = outcome_name(c.outcome);
  out["reason"] = c.reason;
  out["metric"] = of.options.metric;
  out["unit"] = c.unit;
  out["lower_is_better"] = true;
  out["margin_nats"] = of.options.margin_nats;
  out["margin"] = or_null(c.margin);
  out["nats_per_unit"] = or_null(c.nats_per_unit);
  out["alpha"] = of.options.alpha;
  out["power"] = of.options.power;
  out["a"] = sample_json(c, of.a, c.a);
  out["b"] = sample_json(c, of.b, c.b);
  out["gain"] = c.b.mean - c.a.mean;
  out["gain_nats"] = c.nats_per_unit ? Json((c.b.mean - c.a.mean) * *c.nats_per_unit) : Json();
  out["interval"] = c.interval ? Json{c.interval->low, c.interval->high} : Json();
  out["test"] = c.test ? Json{{"name", "welch"},
                              {"t", c.test->t(0)},
                              {"df", c.test->df},
                              {"standard_error", c.test->standard_error},
                              {"p_any_gain", *c.p_any},
                              {"p_gain_above_margin", or_null(c.p_better)},
                              {"p_equal", or_null(c.p_equal)}}
                       : Json();
  out["detectable_gain"] = c.detectable ? Json(c.margin.value_or(0) + *c.detectable) : Json();
  out["runs_needed_per_side"] = or_null(c.runs_needed);
  out["mixed"] = c.mixed;
  out["notes"] = c.notes;
  return out;
}

std::string compare_to_text(const Comparison& c, const ComparedSides& of) {
  std::string out = fmt::format("{}: {}\n\n", outcome_name(c.outcome), c.reason);
  for (const std::string& reason : c.mixed) out += fmt::format("  MIXED: {}\n", reason);
  for (const std::string& note : c.notes) out += fmt::format("  note: {}\n", note);
  if (!c.mixed.empty() || !c.notes.empty()) out += "\n";
  for (const NamedText& s : statements(c, of)) out += fmt::format("  {}\n      {}\n", s.name, s.text);
  out += fmt::format("\n  {:<34} {:>6}  {}\n", "run", "seed", of.options.metric);
  for (const auto& [name, side] : {std::pair("A", &of.a), {"B", &of.b}})
    for (const Measured& m : side->side.runs)
      out += fmt::format("  {} {:<32} {:>6}  {:.6f}\n", name, m.id, m.seed ? std::to_string(*m.seed) : "-", m.value);
  return out;
}

CompareView compare_view(const Comparison& c, const ComparedSides& of, const Store* store) {
  CompareView out;
  out.a = of.a.side.name, out.b = of.b.side.name;
  out.metric = of.options.metric, out.unit = c.unit;
  out.status = !c.mixed.empty()                                                            ? "warn"
               : c.outcome == CompareOutcome::better || c.outcome == CompareOutcome::equal ? "pass"
               : c.outcome == CompareOutcome::worse                                        ? "fail"
                                                                                           : "unknown";
  out.outcome = outcome_name(c.outcome), out.conclusion = c.reason;
  out.interval = "95 % confidence interval of the mean";
  out.mixed = c.mixed, out.notes = c.notes;
  out.statements = statements(c, of);
  for (const auto& [name, side, sample] : {std::tuple("A", &of.a, &c.a), {"B", &of.b, &c.b}}) {
    SpreadRow row{fmt::format("{}: {}", name, side->side.name), {}, {}, {}, {}};
    for (const Measured& m : side->side.runs) {
      out.runs.push_back({name, m.id, m.seed, m.value});
      row.values.push_back(m.value);
    }
    if (sample->n > 1) row.mean = sample->mean;
    if (const auto i = mean_interval(*sample, kMeanAlpha)) row.low = i->low, row.high = i->high;
    out.spread.push_back(std::move(row));
  }
  if (c.interval && c.nats_per_unit)
    out.gain = {{(c.b.mean - c.a.mean) * *c.nats_per_unit, c.interval->low * *c.nats_per_unit,
                 c.interval->high * *c.nats_per_unit, of.options.margin_nats, percent(1 - 2 * of.options.alpha)}};
  std::vector<RunView> first;
  for (const auto& [side, color] : {std::pair(&of.a, 1), {&of.b, 2}})
    for (size_t i = 0; store && i < side->run_ids.size(); ++i) {
      RunView view = load_run_view(*store, side->run_ids[i], RecordMargin{of.options.margin_nats, of.options.alpha});
      add_curves(out, view, i > 0 ? "" : color == 1 ? "A" : "B", color);
      if (i == 0) first.push_back(std::move(view));
    }
  if (first.size() == 2) {
    add_differences(out, first[0].config, first[1].config, "");
    add_differences(out, first[0].environment, first[1].environment, "environment: ");
  }
  return out;
}

}  // namespace pgolf
