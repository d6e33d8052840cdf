#include "harness/cli/go_on.h"
#include "harness/commands/registry.h"

namespace pgolf {

void add_eval(Cli& cli) {
  add_resuming_verb(cli, "eval",
                    "Go on from the saved artifact of a run whose evaluation was cut short: evaluate, judge");
}

}  // namespace pgolf
