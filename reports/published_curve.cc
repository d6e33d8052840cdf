#include "reports/published_curve.h"

#include <fmt/format.h>

#include "db/documents/documents.h"
#include "db/run_clock.h"

namespace pgolf {
namespace {

constexpr size_t kLongestLegend = 24;  // of half a page

// The training of the run's own seed, else the first; nothing if none was printed.
std::optional<PrintedTraining> chosen(const RunRecord& record) {
  std::optional<PrintedTraining> out;
  for (const PrintedTraining& training : submission_document(record.submission).published)
    if (training.train_loss.is_array() &&
        (!out || (training.seed == record.pinned.seed && out->seed != record.pinned.seed)))
      out = training;
  return out;
}

}  // namespace

std::optional<PublishedCurve> published_curve(const RunRecord& record) {
  const auto training = chosen(record);
  if (!training) return std::nullopt;
  PublishedCurve out;
  out.log = training->log;
  out.source = fmt::format("{}, seed {}", out.log, training->seed);
  if (out.log.empty() || out.log.size() > kLongestLegend) out.log = "published log";
  double scale = 1;
  if (const auto clock = published_clock(record.environment); clock && clock->steps > 0 && clock->run_steps > 0) {
    scale = static_cast<double>(clock->run_steps) / static_cast<double>(clock->steps);
    if (clock->run_steps != clock->steps)
      out.source += fmt::format(", {} steps drawn over {}", clock->steps, clock->run_steps);
  }
  for (const Json& point : training->train_loss)
    if (point.is_array() && point.size() == 2 && point[0].is_number() && point[1].is_number())
      out.points.push_back({1 + scale * (point[0].get<double>() - 1), point[1].get<double>()});
  return out;
}

}  // namespace pgolf
