// What differs between two runs: `pgolf diff A B`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "db/store.h"

namespace pgolf {

struct FieldDifference {
  std::string name;  // "config.train.iterations"
  Json a, b;         // null where a run does not have it
};

struct CurveDifference {
  std::string series;
  int64_t points_a = 0, points_b = 0;
  std::optional<int64_t> first_step;  // where values first differ, or one curve ends before the other
  double max_difference = 0;          // of values at the same step
  int64_t max_step = 0;
};

struct RunDiff {
  std::string a, b;
  std::vector<FieldDifference> configuration, data, environment, times, result, artifact;
  std::vector<CurveDifference> curves;  // of every series that either run has

  // Whether the two computed the same: environment and times do not count.
  bool same() const;
};

RunDiff diff_runs(const Store& store, const RunRecord& a, const RunRecord& b);
Json diff_to_json(const RunDiff& diff);  // pgolf.diff/1
std::string diff_to_text(const RunDiff& diff);

}  // namespace pgolf
