// What the harness itself knows of a run, apart from the logs that the run's phases wrote.
#pragma once

#include "db/store.h"
#include "harness/run/workspace.h"
#include "judge/run_evidence.h"

namespace pgolf {

// From the record, and by counting again what can be counted now: sizes and hashes of files, the data's manifest.
RunFacts run_facts(const RunRecord& record, const Workspace& workspace);

}  // namespace pgolf
