// How far a run's result is more than a word: who computed it, and what was looked at (docs/audit.md).
//
//   claimed     somebody says so, or what was left contradicts it
//   consistent  what the run left is whole and fits the result
//   audited     our engine scored the artifact here and came to the same
//   rerun       our engine trained and scored it here
#pragma once

#include <string>

#include "db/rows.h"

namespace pgolf {

std::string tier_of(const RunSummary& run);  // "" of a run without a result
std::string tier_of(const RunRecord& record);

// "audited: our engine scored its artifact here and came to the same"
std::string tier_text(const std::string& tier);

}  // namespace pgolf
