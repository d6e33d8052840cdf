#include "resolve/resolve.h"

#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/commands/registry.h"

namespace pgolf {

void add_resolve(Cli& cli) {
  struct Options {
    std::string submission;
    ResolveRequest request;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* verb =
      cli.verb("resolve", "Print the pinned configuration of a submission: every field, parameters, identity",
               "pgolf resolve 334 --profile demo --set ttt.enabled=false");
  add_resolve_options(verb, options->submission, options->request);
  add_clock_option(verb, options->request);
  verb->callback([&cli, options] {
    cli.action = [&cli, options] {
      const Submission submission = open_submission(cli.globals.submissions, options->submission);
      const Resolved resolved = resolve(submission, options->request);
      print_result(cli.globals, pinned_to_json(resolved.pinned), resolved_text(submission, resolved));
      return 0;
    };
  });
}

}  // namespace pgolf
