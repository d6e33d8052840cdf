// Whether a workspace claims only what happened: the record against itself and against the files.
#pragma once

#include <string>
#include <vector>

#include "db/store.h"
#include "harness/run/workspace.h"

namespace pgolf::campaign {

// What one run claims without ground; empty if nothing.
std::vector<std::string> audit_run(const Store& store, const Workspace& workspace, const std::string& run);

// All runs, and the database's own integrity. Directories that no row knows are returned by the second function.
std::vector<std::string> audit(const Store& store, const Workspace& workspace);
std::vector<std::string> unknown_directories(const Store& store, const Workspace& workspace);

}  // namespace pgolf::campaign
