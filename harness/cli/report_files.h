// Report pages as files: what reports/ draws, written where a reader finds it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "db/store.h"
#include "harness/judging/margins.h"
#include "judge/ruleset.h"

namespace pgolf {

// One run: <name>.html, <name>.md and <name>.json in `directory`. Returns the path of the page.
std::filesystem::path write_run_report(const Store& store, const std::string& run,
                                       const std::optional<RecordMargin>& margin,
                                       const std::filesystem::path& directory, const std::string& name,
                                       const std::string& index = "");

// The leaderboard of `runs`: index.html, .md, .csv, .json, and each run's files beside it. Returns the path of the
// page.
std::filesystem::path write_leaderboard(const Store& store, const std::vector<std::string>& runs, Margins& margins,
                                        const std::filesystem::path& directory);

}  // namespace pgolf
