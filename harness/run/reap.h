// Runs whose pgolf died without a word.
#pragma once

#include <string>

#include "db/store.h"
#include "harness/run/workspace.h"

namespace pgolf {

// Marks every unfinished run whose lock nobody holds as `lost`, keeps what its phase left in the run's own directory,
// and ends processes that carry the mark of a dead pgolf (process/orphans.h). What the record says of processes and
// paths decides nothing. The verbs that write the record call it; where the record cannot be written it does nothing.
// Returns the number of runs lost.
int reap_lost_runs(Store& store, const Workspace& workspace);

// Every phase of `record` that is still open ends as `lost`, in one line why: what it left is taken over, sealed and
// put on record, passes that ended included. For use in a transaction.
void end_open_phases(Store& store, const RunRecord& record, const RunDirectory& directory, const std::string& why);

}  // namespace pgolf
