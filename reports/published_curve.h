// The loss that the submission's own training printed, to be laid over a run's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/rows.h"
#include "reports/charts.h"

namespace pgolf {

struct PublishedCurve {
  std::string log;                 // "train.log", for the legend
  std::string source;              // "train.log, seed 1337"
  std::vector<ChartPoint> points;  // over the steps of the run; where its schedule is resampled, at the same fractions
};

// Of the run's own seed if that has a log, else of the first that has one; nothing if none has.
std::optional<PublishedCurve> published_curve(const RunRecord& record);

}  // namespace pgolf
