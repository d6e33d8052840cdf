// Runs whose pgolf died without a word.
#pragma once

#include <string>

#include "db/store.h"
#include "harness/run/workspace.h"

namespace pgolf {

// Every unfinished run whose lock nobody holds is marked `lost` and what its phase left in the run's own directory is
// kept; processes that carry the mark of a dead pgolf are ended (orphans.h). What the record says of processes and
// paths decides nothing. Called by the verbs that write the record; does nothing where that cannot be written. Returns
// how many there were.
int reap_lost_runs(Store& store, const Workspace& workspace);

// Every phase of `record` that is still open ends as `lost`, in one line why: what it left is taken over, sealed and
// put on record, passes that ended included. For use in a transaction.
void end_open_phases(Store& store, const RunRecord& record, const RunDirectory& directory, const std::string& why);

}  // namespace pgolf
