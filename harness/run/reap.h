// Runs whose pgolf died without a word.
#pragma once

#include "db/store.h"
#include "harness/run/workspace.h"

namespace pgolf {

// Every unfinished run whose lock nobody holds is marked `lost`: what its phase left is kept, and processes that
// outlived it are ended. Called by every verb; does nothing where that cannot be written. Returns how
// many there were.
int reap_lost_runs(Store& store, const Workspace& workspace);

}  // namespace pgolf
