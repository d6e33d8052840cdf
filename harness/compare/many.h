// One side against each of several others, with what asking several questions costs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "harness/compare/compare.h"
#include "harness/compare/side.h"

namespace pgolf {

struct ManyComparison {
  std::vector<SelectedSide> sides;              // the first is held against each of the rest
  std::vector<Comparison> pairs;                // first against sides[i + 1]
  std::vector<std::optional<double>> p_better;  // of a gain above the margin, Holm's for all pairs
};

// Errors: those of compare().
ManyComparison compare_many(std::vector<SelectedSide> sides, const CompareOptions& options);

// 0 if the first is shown better than every other, 1 if it is shown not to be better than one, 3 if neither.
int exit_code_of(const ManyComparison& many, const CompareOptions& options);

std::string many_to_text(const ManyComparison& many, const CompareOptions& options);
Json many_to_json(const ManyComparison& many, const CompareOptions& options);  // pgolf.compare-many/1

}  // namespace pgolf
