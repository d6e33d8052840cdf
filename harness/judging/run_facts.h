// What the harness itself knows of a run, apart from the logs that the run's phases wrote.
#pragma once

#include <filesystem>

#include "db/store.h"
#include "harness/run/workspace.h"
#include "judge/run_evidence.h"

namespace pgolf {

// From the record, and by counting again what can be counted now: sizes and hashes of files, the data's manifest.
// `directory`: where its files lie, if not in the workspace yet.
RunFacts run_facts(const RunRecord& record, const Workspace& workspace, const std::filesystem::path& directory = {});

}  // namespace pgolf
