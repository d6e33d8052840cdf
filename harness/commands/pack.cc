#include "harness/cli/go_on.h"
#include "harness/commands/registry.h"

namespace pgolf {

void add_pack(Cli& cli) {
  add_resuming_verb(cli, "pack",
                    "Go on from the checkpoint of a run whose packing was cut short: pack, evaluate, judge");
}

}  // namespace pgolf
