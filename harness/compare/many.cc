#include "harness/compare/many.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace pgolf {
namespace {

bool shown(const ManyComparison& many, size_t pair, const CompareOptions& options) {
  return many.p_better[pair] && *many.p_better[pair] < options.alpha;
}

}  // namespace

ManyComparison compare_many(std::vector<SelectedSide> sides, const CompareOptions& options) {
  ManyComparison out;
  out.sides = std::move(sides);
  std::vector<double> p;
  for (size_t i = 1; i < out.sides.size(); ++i) {
    out.pairs.push_back(compare(out.sides.front().side, out.sides[i].side, options));
    if (out.pairs.back().p_better) p.push_back(*out.pairs.back().p_better);
  }
  const auto adjusted = holm(p);
  size_t next = 0;
  for (const Comparison& pair : out.pairs)
    out.p_better.push_back(pair.p_better ? std::optional(adjusted[next++]) : std::nullopt);
  return out;
}

int exit_code_of(const ManyComparison& many, const CompareOptions& options) {
  bool all = true, refuted = false;
  for (size_t i = 0; i < many.pairs.size(); ++i)
    all = all && shown(many, i, options), refuted = refuted || many.pairs[i].refuted_better;
  return all ? 0 : static_cast<int>(refuted ? ErrorKind::verdict : ErrorKind::inconclusive);
}

std::string many_to_text(const ManyComparison& many, const CompareOptions& options) {
  size_t widest = 4;
  for (const SelectedSide& side : many.sides) widest = std::max(widest, side.side.name.size());
  const auto sample = [&](const SelectedSide& side, const Sample& s) {
    return fmt::format("{:<{}}  {:>3}  {:.5f}  {}", side.side.name, widest, s.n, s.mean,
                       s.n > 1 ? fmt::format("{:.5f}", s.sd) : "-      ");
  };
  const Sample& a = many.pairs.front().a;
  std::string out =
      fmt::format("{} against {} others, {}; a gain above {} nats at p < {}, corrected for {} questions\n\n",
                  many.sides.front().side.name, many.pairs.size(), options.metric, options.margin_nats, options.alpha,
                  many.pairs.size());
  out += fmt::format("{:<{}}  {:>3}  {:<7}  {:<7}  {:>9}  {:<21}  {:<8}  {}\n", "side", widest, "n", "mean", "sd",
                     "gain", "interval", "p (Holm)", "first is");
  out += sample(many.sides.front(), a) + "\n";
  for (size_t i = 0; i < many.pairs.size(); ++i) {
    const Comparison& c = many.pairs[i];
    out += fmt::format("{}  {:>+9.5f}  {:<21}  {:<8}  {}\n", sample(many.sides[i + 1], c.b), c.b.mean - c.a.mean,
                       c.interval ? fmt::format("{:+.5f} to {:+.5f}", c.interval->low, c.interval->high) : "-",
                       many.p_better[i] ? fmt::format("{:.4f}", *many.p_better[i]) : "-",
                       shown(many, i, options)               ? "better"
                       : c.outcome == CompareOutcome::better ? "better, but not after the correction"
                                                             : outcome_name(c.outcome));
  }
  for (size_t i = 0; i < many.pairs.size(); ++i) {
    for (const std::string& reason : many.pairs[i].mixed)
      out += fmt::format("MIXED, B is {}: {}\n", many.sides[i + 1].side.name, reason);
    for (const std::string& note : many.sides[i + 1].side.notes)
      out += fmt::format("note: {}: {}\n", many.sides[i + 1].side.name, note);
  }
  for (const std::string& note : many.sides.front().side.notes)
    out += fmt::format("note: {}: {}\n", many.sides.front().side.name, note);
  return out;
}

Json many_to_json(const ManyComparison& many, const CompareOptions& options) {
  Json out = {{"format", "pgolf.compare-many/1"},      {"metric", options.metric},
              {"margin_nats", options.margin_nats},    {"alpha", options.alpha},
              {"first", many.sides.front().side.name}, {"sides", Json::array()},
              {"comparisons", Json::array()}};
  for (const SelectedSide& side : many.sides) {
    Json runs = Json::array();
    for (const Measured& m : side.side.runs)
      runs.push_back({{"id", m.id}, {"seed", or_null(m.seed)}, {"value", m.value}});
    out["sides"].push_back({{"name", side.side.name}, {"runs", runs}, {"notes", side.side.notes}});
  }
  for (size_t i = 0; i < many.pairs.size(); ++i) {
    const Comparison& c = many.pairs[i];
    out["comparisons"].push_back({{"with", many.sides[i + 1].side.name},
                                  {"outcome", outcome_name(c.outcome)},
                                  {"better_after_correction", shown(many, i, options)},
                                  {"gain", c.b.mean - c.a.mean},
                                  {"interval", c.interval ? Json{c.interval->low, c.interval->high} : Json()},
                                  {"p_gain_above_margin", or_null(c.p_better)},
                                  {"p_holm", or_null(many.p_better[i])},
                                  {"mixed", c.mixed}});
  }
  return out;
}

}  // namespace pgolf
