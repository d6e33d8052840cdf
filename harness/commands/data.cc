#include "harness/commands/data.h"

#include "harness/commands/registry.h"

namespace pgolf {

void add_data(Cli& cli) {
  CLI::App* data = cli.verb("data", "Prepare, adopt and verify training and validation data, and draw a twin",
                            "pgolf data verify data/mine");
  data->require_subcommand(1);
  add_data_prepare(cli, data);
  add_data_adopt(cli, data);
  add_data_twin(cli, data);
  add_data_verify(cli, data);
}

}  // namespace pgolf
