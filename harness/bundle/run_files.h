// Which files of a run's directory travel in a bundle.
#pragma once

#include <string>
#include <string_view>

#include "harness/bundle/bundle.h"
#include "harness/run/workspace.h"

namespace pgolf {

inline constexpr std::string_view kRunFiles = "run/";  // in front of their paths

// Pages can be drawn again, a checkpoint trained again; the lock and what was imported are this machine's.
bool stays_home(const std::string& name);

// Adds the regular files that a run has below its directory, by path. Errors: limit for more than a bundle holds,
// before they are read, since a file may be all holes; database for a directory that is not the run's own; not_found.
void add_run_files(BundleContents& out, const RunDirectory& run);

}  // namespace pgolf
