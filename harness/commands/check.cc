#include "base/error.h"
#include "base/message.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/commands/check_published.h"
#include "harness/commands/registry.h"
#include "harness/judging/check_report.h"
#include "harness/judging/judging.h"
#include "harness/judging/published_logs.h"
#include "resolve/published_log.h"

namespace pgolf {
namespace {

struct CheckRequest {
  std::string submission, rules, as_of, reading = "strict", logs, save_lines, save_clock;
  bool all = false;
  std::filesystem::path root;  // of submissions, where those lie that others extend
};

Json to_json(const CheckedSubmission& of, const Ruleset& ruleset) {
  return {{"format", "pgolf.claims/1"},
          {"submission", of.id},
          {"directory", of.directory.empty() ? of.id : of.directory},
          {"ruleset", ruleset.id},
          {"problem", of.problem.empty() ? Json() : Json(of.problem)},
          {"strict", of.problem.empty() ? Json(status_name(outcome(of.verdicts, Reading::strict))) : Json()},
          {"practice", of.problem.empty() ? Json(status_name(outcome(of.verdicts, Reading::practice))) : Json()},
          {"verdicts", verdicts_to_json(of.verdicts)}};
}

CheckedSubmission check_one(const CheckRequest& request, const std::filesystem::path& directory,
                            const Ruleset& ruleset) {
  const Submission submission = load_submission(directory, request.root);
  if (!request.logs.empty() && !std::filesystem::is_directory(request.logs))
    fail(ErrorKind::not_found, "--logs {}: no such directory", request.logs);
  const auto logs =
      published_logs(submission, request.logs.empty() ? submission.directory : std::filesystem::path(request.logs));
  if (!request.save_lines.empty()) write_log_lines(request.save_lines, logs);
  if (!request.save_clock.empty()) write_published(request.save_clock, read_training_logs(submission, request.logs));
  return {submission.id, judge_publication(submission, logs, ruleset, request.as_of), "", ""};
}

// One that is damaged keeps no other from being judged.
CheckedSubmission check_of_many(const CheckRequest& request, const std::filesystem::path& directory,
                                const Ruleset& ruleset) {
  try {
    CheckedSubmission out = check_one(request, directory, ruleset);
    if (const std::string name = as_message(directory.filename().string()); name != out.id) out.directory = name;
    return out;
  } catch (const Error& e) {
    return {as_message(directory.filename().string()), {}, as_message(e.what()), ""};
  }
}

// Whether somebody wrote a submission.toml for it, which says more than the files that it was written from.
bool is_at_hand(const Globals& globals, const std::string& name) {
  try {
    std::error_code ignored;
    return std::filesystem::exists(find_submission(globals.submissions, name) / "submission.toml", ignored);
  } catch (const Error&) {
    return false;
  }
}

int check_claims(const Globals& globals, const CheckRequest& request) {
  const Ruleset ruleset = chosen_ruleset(globals, request.rules);
  check_in_force(ruleset, request.as_of);
  const Reading reading = reading_from(request.reading);
  if (!request.all) {
    if (!is_at_hand(globals, request.submission)) {
      const auto folders = published_by_name(globals, request.submission);
      if (!folders.empty()) return check_published(globals, folders, ruleset, request.as_of, reading);
      if (const auto pull = pull_request_number(request.submission))
        fail(ErrorKind::not_found,
             "pull request {} is neither in {} nor in the archive, or changes none of its files; "
             "`pgolf archive add REPOSITORY` takes it in",
             *pull, globals.submissions.string());
    }
    const CheckedSubmission one = check_one(request, find_submission(globals.submissions, request.submission), ruleset);
    const auto descent = descent_by_name(globals, one.id);
    Json document = to_json(one, ruleset);
    document["parent"] = descent ? to_json(*descent) : Json();
    print_result(
        globals, document,
        fmt::format("{} by {}\n{}{}", one.id, ruleset.id, descent ? text_of(*descent) : "", claims_text(one.verdicts)));
    return exit_code_of(one.verdicts, reading);
  }
  std::vector<CheckedSubmission> all;
  for (const std::string& name : list_submissions(globals.submissions))
    all.push_back(check_of_many(request, globals.submissions / name, ruleset));
  if (all.empty()) fail(ErrorKind::not_found, "{} has no submissions", globals.submissions.string());
  Json documents = Json::array();
  int exit_code = 0;
  for (const CheckedSubmission& s : all) {
    documents.push_back(to_json(s, ruleset));
    const int own = s.problem.empty() ? exit_code_of(s.verdicts, reading) : static_cast<int>(ErrorKind::usage);
    exit_code = worse_exit_code(exit_code, own);
  }
  print_result(
      globals, {{"format", "pgolf.claims-all/1"}, {"ruleset", ruleset.id}, {"submissions", documents}},
      fmt::format("by {}\n{}{}", ruleset.id, checked_text(all), all.size() > 1 ? "\n" + counts_text(all) : ""));
  return exit_code;
}

}  // namespace

void add_check(Cli& cli) {
  const auto r = std::make_shared<CheckRequest>();
  CLI::App* verb = cli.verb("check", "Judge what a submission publishes, without running anything", "pgolf check 334");
  auto* name = verb->add_option("submission", r->submission,
                                "334, pr-334, a URL or a directory; any pull request of the archive");
  auto* all = verb->add_flag("--all", r->all, "every submission at hand, one line each")->excludes(name);
  verb->add_option("--logs", r->logs, "directory of the published logs; default: what is known of their lines")
      ->excludes(all);
  verb->add_option("--save-lines", r->save_lines, "write the fingerprints of the logs' measured lines to a file")
      ->excludes(all);
  verb->add_option("--save-clock", r->save_clock,
                   "with --logs: write steps, times and losses that the logs print to a file (published-log.json)")
      ->needs("--logs");
  add_rule_options(verb, r->rules, r->as_of, r->reading);
  verb->callback([&cli, r] {
    if (!r->all && r->submission.empty()) throw CLI::RequiredError("submission, or --all");
    r->root = cli.globals.submissions;
    cli.action = [&cli, r] { return check_claims(cli.globals, *r); };
  });
}

}  // namespace pgolf
