// pgolf pack RUN, pgolf eval RUN: a run that did not reach its end goes on from what it had finished.
#pragma once

#include <string>

#include "harness/cli/cli.h"

namespace pgolf {

// `name` is the phase that is next: "pack" or "eval".
void add_resuming_verb(Cli& cli, const std::string& name, const std::string& description);

}  // namespace pgolf
