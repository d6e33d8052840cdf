// Where the data of a run lie.
#pragma once

#include <filesystem>
#include <string>

#include "db/rows.h"
#include "harness/run/workspace.h"

namespace pgolf {

// The directory whose manifest has this SHA-256: in the workspace, where the run had its data from, or where they lay
// when it was audited here. Such paths are the record's word, so they are only looked at, and only for a manifest with
// the hash; where a run that was imported had its data is a path of another machine. "" for none.
std::filesystem::path find_data(const RunRecord& record, const Workspace& workspace,
                                const std::string& manifest_sha256);

}  // namespace pgolf
