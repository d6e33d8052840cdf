#include "harness/diff/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "db/documents/documents.h"

namespace pgolf {
namespace {

using Flat = std::map<std::string, Json>;

void flatten(const Json& json, const std::string& prefix, Flat& out) {
  for (const auto& [key, value] : json.items()) {
    const std::string name = prefix.empty() ? key : prefix + "." + key;
    if (value.is_object())
      flatten(value, name, out);
    else
      out[name] = value;
  }
}

std::vector<FieldDifference> compare(const Flat& a, const Flat& b) {
  std::vector<FieldDifference> out;
  std::set<std::string> names;
  for (const Flat* side : {&a, &b})
    for (const auto& [name, value] : *side) names.insert(name);
  for (const std::string& name : names) {
    const auto in_a = a.find(name), in_b = b.find(name);
    const Json left = in_a == a.end() ? Json() : in_a->second, right = in_b == b.end() ? Json() : in_b->second;
    if (left != right) out.push_back({name, left, right});
  }
  return out;
}

// The identity of a run but for its data: what it computes.
Flat configuration_of(const RunRecord& r) {
  Json pinned = pinned_document(r.pinned).whole;
  for (const char* other : {"data", "sha256", "format"}) pinned.erase(other);
  Flat out;
  flatten(pinned, "", out);
  return out;
}

Flat data_of(const RunRecord& r) {
  Flat out;
  flatten({{"data", pinned_document(r.pinned).data}}, "", out);
  return out;
}

Flat environment_of(const RunRecord& r) {
  Flat out;
  for (const auto& [name, value] : r.environment) out[name] = value;
  if (r.replay) out["replay_of"] = r.replay->replay_of;
  return out;
}

bool is_time(const std::string& metric) { return metric == "train_clock_ms" || metric == "tok_per_s"; }

Flat times_of(const RunRecord& r) {
  Flat out;
  for (const auto& [name, value] : r.metrics)
    if (is_time(name)) out[name] = value;
  for (const PhaseRow& phase : r.phases)
    if (phase.wall_ms) out[phase.name + ".wall_ms"] = *phase.wall_ms;  // of the latest attempt
  return out;
}

Flat result_of(const RunRecord& r) {
  Flat out;
  out["state"] = run_state_name(r.run.state);
  for (const auto& [name, value] : r.metrics)
    if (!is_time(name)) out[name] = value;
  return out;
}

Flat artifact_of(const RunRecord& r) {
  Flat out;
  const ArtifactRow* artifact = r.artifact();
  if (!artifact) return out;
  out["artifact.bytes"] = artifact->bytes;
  out["artifact.sha256"] = artifact->sha256;
  for (const ClassBytes& c : artifact_document(*artifact).classes) out["artifact.bytes of " + c.name] = c.bytes;
  return out;
}

CurveDifference compare_curves(const std::string& series, const std::vector<CurvePoint>& a,
                               const std::vector<CurvePoint>& b) {
  CurveDifference out{.series = series,
                      .points_a = static_cast<int64_t>(a.size()),
                      .points_b = static_cast<int64_t>(b.size()),
                      .first_step = {}};
  const auto differ_at = [&](int64_t step) { out.first_step = std::min(out.first_step.value_or(step), step); };
  auto left = a.begin(), right = b.begin();
  while (left != a.end() || right != b.end()) {
    if (right == b.end() || (left != a.end() && left->step < right->step)) {
      differ_at((left++)->step);
    } else if (left == a.end() || right->step < left->step) {
      differ_at((right++)->step);
    } else {
      const double difference = std::abs(left->value - right->value);
      if (difference > 0) differ_at(left->step);
      if (difference > out.max_difference) out.max_difference = difference, out.max_step = left->step;
      ++left, ++right;
    }
  }
  return out;
}

std::string value_text(const Json& value) {
  if (value.is_null()) return "-";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string section_text(const char* title, const std::vector<FieldDifference>& fields) {
  if (fields.empty()) return fmt::format("{:<14} the same\n", title);
  std::string out = fmt::format("{}\n", title);
  for (const FieldDifference& f : fields)
    out += fmt::format("  {:<40} {}\n  {:<40} {}\n", f.name, value_text(f.a), "", value_text(f.b));
  return out;
}

std::string curve_text(const RunDiff& diff) {
  std::string out;
  for (const CurveDifference& c : diff.curves) {
    if (!c.first_step) {
      out += fmt::format("  {:<24} the same, {} points\n", c.series, c.points_a);
      continue;
    }
    out += fmt::format("  {:<24} differs from step {} on; at most by {:.6g}, at step {}", c.series, *c.first_step,
                       c.max_difference, c.max_step);
    out += c.points_a == c.points_b ? "\n" : fmt::format("; {} points and {}\n", c.points_a, c.points_b);
  }
  return out;
}

Json fields_to_json(const std::vector<FieldDifference>& fields) {
  Json out = Json::array();
  for (const FieldDifference& f : fields) out.push_back({{"field", f.name}, {"a", f.a}, {"b", f.b}});
  return out;
}

}  // namespace

bool RunDiff::same() const {
  return configuration.empty() && data.empty() && result.empty() && artifact.empty() &&
         std::none_of(curves.begin(), curves.end(), [](const CurveDifference& c) { return c.first_step.has_value(); });
}

RunDiff diff_runs(const Store& store, const RunRecord& a, const RunRecord& b) {
  RunDiff out{.a = a.run.id,
              .b = b.run.id,
              .configuration = compare(configuration_of(a), configuration_of(b)),
              .data = compare(data_of(a), data_of(b)),
              .environment = compare(environment_of(a), environment_of(b)),
              .times = compare(times_of(a), times_of(b)),
              .result = compare(result_of(a), result_of(b)),
              .artifact = compare(artifact_of(a), artifact_of(b)),
              .curves = {}};
  std::set<std::string> series(a.curves.begin(), a.curves.end());
  series.insert(b.curves.begin(), b.curves.end());
  const auto has = [](const RunRecord& r, const char* name) {
    return std::find(r.curves.begin(), r.curves.end(), name) != r.curves.end();
  };
  if (!has(a, "rank0_loss") || !has(b, "rank0_loss")) series.erase("rank0_loss");  // one is of an older pgolf
  for (const std::string& name : series)
    out.curves.push_back(compare_curves(name, store.load_curve(a.run.id, name), store.load_curve(b.run.id, name)));
  return out;
}

Json diff_to_json(const RunDiff& diff) {
  Json out;
  out["format"] = "pgolf.diff/1";
  out["a"] = diff.a;
  out["b"] = diff.b;
  out["same"] = diff.same();
  out["configuration"] = fields_to_json(diff.configuration);
  out["data"] = fields_to_json(diff.data);
  out["environment"] = fields_to_json(diff.environment);
  out["times"] = fields_to_json(diff.times);
  out["curves"] = Json::array();
  for (const CurveDifference& c : diff.curves)
    out["curves"].push_back({{"series", c.series},
                             {"points_a", c.points_a},
                             {"points_b", c.points_b},
                             {"first_step", c.first_step ? Json(*c.first_step) : Json(nullptr)},
                             {"max_difference", c.max_difference},
                             {"max_step", c.first_step ? Json(c.max_step) : Json(nullptr)}});
  out["result"] = fields_to_json(diff.result);
  out["artifact"] = fields_to_json(diff.artifact);
  return out;
}

std::string diff_to_text(const RunDiff& diff) {
  return fmt::format("a: {}\nb: {}\n\n", diff.a, diff.b) + section_text("configuration", diff.configuration) +
         section_text("data", diff.data) + section_text("environment", diff.environment) +
         section_text("times", diff.times) + "curves\n" + curve_text(diff) + section_text("result", diff.result) +
         section_text("artifact", diff.artifact) + "\n" +
         (diff.same() ? "the two runs computed the same\n" : "the two runs did not compute the same\n");
}

}  // namespace pgolf
