// The verbs below `pgolf data`.
#pragma once

#include "harness/cli/cli.h"

namespace pgolf {

void add_data_prepare(Cli& cli, CLI::App* data);
void add_data_adopt(Cli& cli, CLI::App* data);
void add_data_twin(Cli& cli, CLI::App* data);
void add_data_verify(Cli& cli, CLI::App* data);

}  // namespace pgolf
