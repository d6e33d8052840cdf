#include "harness/cli/options.h"
#include "harness/cli/run_submission.h"
#include "harness/commands/registry.h"

namespace pgolf {

void add_reproduce(Cli& cli) {
  const auto request = std::make_shared<RunRequest>();
  CLI::App* verb = cli.verb("reproduce", "Run a submission and judge it; exits by verdict",
                            "pgolf reproduce 334 --profile demo --set ttt.enabled=false --docs docs.jsonl");
  add_resolve_options(verb, request->submission, request->resolve);
  add_clock_option(verb, request->resolve);
  add_data_options(verb, request->data);
  add_run_options(verb, *request);
  verb->add_option("--replay", request->replay,
                   "a run whose recorded schedule is followed instead of the clock; exits 0 for an equal artifact")
      ->type_name("RUN");
  verb->callback([&cli, verb, request] {
    for (const char* option : {"--profile", "--seed", "--steps", "--seconds", "--set"})
      request->configured = request->configured || verb->count(option) > 0;
    cli.action = [&cli, request] { return run_submission(cli.globals, *request); };
  });
}

}  // namespace pgolf
