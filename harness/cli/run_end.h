// What a run came to, on the command line.
#pragma once

#include "harness/cli/cli.h"
#include "harness/run/run.h"

namespace pgolf {

// Judges a run whose phases all ended well, draws its page and prints it. Returns the exit code: by its verdicts, or,
// of a run that failed, by its failure, which is told in one line.
// With `fail_on` "fail" what is inconclusive is no failure: 0 instead of 3.
int judge_and_report(const Globals& globals, Store& store, const RunEnd& end, const Ruleset& ruleset,
                     const std::string& reading, const std::string& fail_on);

// The same of a run that is on record, ended and judged: prints it, draws its page, and returns the exit code.
int report_ended_run(const Globals& globals, const Store& store, const std::string& run, const Ruleset& ruleset,
                     const std::string& reading, const std::string& fail_on);

}  // namespace pgolf
