#include "harness/cli/options.h"
#include "harness/cli/run_submission.h"
#include "harness/commands/registry.h"

namespace pgolf {

void add_demo(Cli& cli) {
  const auto demo = std::make_shared<RunRequest>();
  demo->demo = true, demo->submission = "334", demo->resolve.profile = "demo";
  CLI::App* verb =
      cli.verb("demo", "Rebuild, train, pack, score, judge and record a submission at laptop size", "pgolf demo 334");
  add_resolve_options(verb, demo->submission, demo->resolve);
  verb->get_option("submission")->required(false)->capture_default_str();
  add_data_options(verb, demo->data);
  add_run_options(verb, *demo);
  add_checkpoint_option(verb, *demo);
  verb->callback([&cli, demo] { cli.action = [&cli, demo] { return run_submission(cli.globals, *demo); }; });
}

}  // namespace pgolf
