// What a run came to, on the command line.
#pragma once

#include "harness/cli/cli.h"
#include "harness/run/run.h"

namespace pgolf {

// Judges a run whose phases all ended well, draws its page and prints it. Returns the exit code: by its verdicts, or,
// of a run that failed, by its failure, which is told in one line.
int judge_and_report(const Globals& globals, Store& store, const RunEnd& end, const Ruleset& ruleset,
                     const std::string& reading);

}  // namespace pgolf
