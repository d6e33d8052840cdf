// The runs of the record as a table (`pgolf ls`) and as JSON (format `pgolf.runs/1`).
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "db/rows.h"

namespace pgolf {

// What is asked of the list. Empty members ask for nothing.
struct RunFilter {
  std::vector<std::string> words;  // each a submission ("849", "mine"), a profile, a state, an outcome, a tier or a tag
  std::string variant;             // part of its overrides
  bool hidden = false;             // also those that are hidden
  std::string sort = "created";    // a column; "-" before it: greatest first
  size_t limit = 0;                // the last so many of the order; 0: all
};

// Errors: usage for a word that nothing on record matches, and for a column that there is none of.
std::vector<RunSummary> filtered(std::vector<RunSummary> runs, const RunFilter& filter);

// Names of columns, in their usual order.
std::vector<std::string> column_names();
inline constexpr char kUsualColumns[] =
    "run,submission,profile,seed,state,val_bpb,bytes,strict,practice,tier,broken,variant,tags";

Json runs_to_json(const std::vector<RunSummary>& runs);
// Errors: usage for a column that there is none of.
std::string runs_to_text(const std::vector<RunSummary>& runs, const std::vector<std::string>& columns);

}  // namespace pgolf
