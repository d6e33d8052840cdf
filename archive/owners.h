// Whose a folder is that several pull requests bring, and when it was added.
#pragma once

#include <map>

#include "archive/pull_files.h"
#include "db/archive.h"

namespace pgolf {

// A folder is of the pull request by which main has it. Else of one that adds it rather than changes main's; that has
// more than a text there; that was not open for days before the folder's first commit, as a branch is that went on to
// other work; that has worked on no other folder since; whose commit added it first; with the fewest commits, on which
// the others were built. Sets owner and time of all folders of a source; returns how many there are.
int64_t set_owners(ArchiveTables& tables, int64_t source, const GitRepository& repository, const MainHistory& history,
                   const std::map<int64_t, ObjectId>& heads);

}  // namespace pgolf
