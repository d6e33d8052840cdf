// A comparison in words, as JSON (format `pgolf.compare/1`, docs/comparing.md) and as the data of its page.
#pragma once

#include <string>

#include "base/json.h"
#include "harness/compare/compare.h"
#include "harness/compare/side.h"
#include "judge/ruleset.h"
#include "reports/pages.h"

namespace pgolf {

struct ComparedSides {
  const SelectedSide& a;
  const SelectedSide& b;
  const CompareOptions& options;
  const Rule* rule = nullptr;  // `record_margin`, whose practice is told beside the result
};

Json compare_to_json(const Comparison& c, const ComparedSides& of);
std::string compare_to_text(const Comparison& c, const ComparedSides& of);
// Curves, configurations and environments come from the record; null for claims alone.
CompareView compare_view(const Comparison& c, const ComparedSides& of, const Store* store);

}  // namespace pgolf
