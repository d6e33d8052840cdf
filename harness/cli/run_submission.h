// What `pgolf reproduce` and `pgolf demo` do.
#pragma once

#include "harness/cli/run_request.h"

namespace pgolf {

// --data, --docs, --tokenizer, --val-docs
void add_data_options(CLI::App* verb, DataRequest& data);

// Resolves a submission, obtains its data, runs all phases, judges and reports. Returns the exit code.
int run_submission(const Globals& globals, RunRequest request);

}  // namespace pgolf
