#include "reports/published_curve.h"

#include <fmt/format.h>

#include "base/json.h"
#include "db/run_clock.h"

namespace pgolf {
namespace {

constexpr size_t kLongestLegend = 24;  // of half a page

// One of the record's `published`, which an importer may have taken from a stranger; null if there is none.
Json chosen(const RunRecord& record) {
  const Json document = Json::parse(record.submission.document, nullptr, false);
  Json out;
  if (!document.is_object()) return out;
  for (const Json& training : document.value("published", Json::array())) {
    const bool whole = training.is_object() && training.contains("seed") && training["seed"].is_number_integer() &&
                       training.contains("train_loss") && training["train_loss"].is_array();
    if (whole && (out.is_null() || (training["seed"] == record.pinned.seed && out["seed"] != record.pinned.seed)))
      out = training;
  }
  return out;
}

}  // namespace

std::optional<PublishedCurve> published_curve(const RunRecord& record) {
  const Json training = chosen(record);
  if (training.is_null()) return std::nullopt;
  PublishedCurve out;
  if (const Json log = training.value("log", Json()); log.is_string()) out.log = log.get<std::string>();
  out.source = fmt::format("{}, seed {}", out.log, training["seed"].dump());
  if (out.log.empty() || out.log.size() > kLongestLegend) out.log = "published log";
  double scale = 1;
  if (const auto clock = published_clock(record.environment); clock && clock->steps > 0 && clock->run_steps > 0) {
    scale = static_cast<double>(clock->run_steps) / static_cast<double>(clock->steps);
    if (clock->run_steps != clock->steps)
      out.source += fmt::format(", {} steps drawn over {}", clock->steps, clock->run_steps);
  }
  for (const Json& point : training["train_loss"])
    if (point.is_array() && point.size() == 2 && point[0].is_number() && point[1].is_number())
      out.points.push_back({1 + scale * (point[0].get<double>() - 1), point[1].get<double>()});
  return out;
}

}  // namespace pgolf
