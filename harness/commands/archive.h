// The verbs below `pgolf archive` that have a file of their own.
#pragma once

#include "harness/cli/cli.h"

namespace pgolf {

void add_archive_report(Cli& cli, CLI::App* archive);

}  // namespace pgolf
