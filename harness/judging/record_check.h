// Whether the record still says what a run's own files say.
#pragma once

#include <string>

#include "db/store.h"
#include "harness/run/workspace.h"

namespace pgolf {

// The first figure of the record that the files contradict, in one line; "" if there is none. Compared are the pinned
// configuration with pinned.json, results and curves with the logs that the phases left, the artifact's size with the
// file. A file that is gone contradicts nothing, and one that was edited is no witness: the judge says so.
std::string contradiction(const Store& store, const RunRecord& record, const Workspace& workspace);

}  // namespace pgolf
