// Whether the record still says what a run's own files say.
#pragma once

#include <string>

#include "db/store.h"
#include "harness/run/workspace.h"

namespace pgolf {

// The first figure of the record that the run's files contradict, in one line; "" if they contradict none. It compares
// the pinned configuration with pinned.json, results and curves with the logs of the phases, and the artifact's size
// with the file. It skips files that are gone or were edited; the judge names those.
std::string contradiction(const Store& store, const RunRecord& record, const RunDirectory& directory);

}  // namespace pgolf
