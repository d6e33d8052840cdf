// The scoring passes of a phase as they may be shown.
#pragma once

#include <vector>

#include "db/passes.h"
#include "db/rows.h"

namespace pgolf {

// Values only where the record has them too: those of a log that was refused are a row's word and no more.
std::vector<ScoringPass> recorded_passes(const RunRecord& record, const PhaseRow& phase);

}  // namespace pgolf
