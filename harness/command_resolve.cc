#include "harness/cli.h"

namespace pgolf {

void add_resolve_options(CLI::App* verb, std::string& submission, ResolveRequest& request) {
  verb->add_option("submission", submission, "334, pr-334, #334, a pull request's URL, or a directory")->required();
  verb->add_option("--profile", request.profile, "record: as it ran; others are named in submission.toml")
      ->capture_default_str();
  verb->add_option("--seed", request.seed, "default: the submission's first")->check(whole_number());
  verb->add_option("--steps", request.steps, "train this many steps, whatever time they take")->check(whole_number());
  verb->add_option("--seconds", request.seconds, "train this long by the training clock");
  verb->add_option("--set", request.sets, "KEY=VALUE of the configuration; may be repeated")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
}

void add_clock_option(CLI::App* verb, ResolveRequest& request) {
  verb->add_option_function<std::string>(
          "--clock", [&request](const std::string& clock) { request.published_clock = clock == "published"; },
          "machine: as fast as this one is; published: the times, rates and switches of the seed's own log")
      ->check(CLI::IsMember({"machine", "published"}))
      ->type_name("CLOCK");
}

void register_resolve(Cli& cli) {
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
      const Submission submission = load_submission(find_submission(cli.globals.submissions, options->submission));
      const Resolved resolved = resolve(submission, options->request);
      print_result(cli.globals, pinned_to_json(resolved.pinned), resolved_text(submission, resolved));
      return 0;
    };
  });
}

}  // namespace pgolf
