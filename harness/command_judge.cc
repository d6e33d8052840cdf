#include "base/error.h"
#include "base/file.h"
#include "harness/cli.h"
#include "harness/judge_claims.h"
#include "harness/judging.h"
#include "harness/run_json.h"

namespace pgolf {
namespace {

struct JudgeOptions {
  std::string subject, rules, as_of, reading = "strict";
  bool all = false;
};

Reading reading_from(const std::string& name) { return name == "strict" ? Reading::strict : Reading::practice; }

// The first that occurs of 1, 3, 0 (docs/exit-codes.md).
int worse(int a, int b) { return a == 1 || b == 1 ? 1 : std::max(a, b); }

int judge_runs(const Globals& globals, const JudgeOptions& options) {
  const Ruleset ruleset = load_ruleset(find_ruleset(globals.rules, options.rules));
  if (!options.as_of.empty()) check_date(options.as_of, "--as-of");
  auto store = open_existing_record(globals);
  if (!store) fail(ErrorKind::not_found, "{} has no runs to judge", globals.home.string());
  std::vector<std::string> runs;
  if (options.all)
    for (const RunSummary& run : store->list_runs()) runs.push_back(run.id);
  else
    runs.push_back(store->find_run(options.subject));
  Json documents = Json::array();
  std::string text;
  int exit_code = 0;
  for (const std::string& run : runs) {
    const auto verdicts = judge_run(*store, globals.workspace(), run, ruleset, options.as_of);
    if (!store->read_only()) store->put_judgement(judgement_row(run, ruleset, options.as_of, verdicts));
    exit_code = worse(exit_code, exit_code_of(verdicts, reading_from(options.reading)));
    documents.push_back({{"run_id", run}, {"ruleset", ruleset.id}, {"verdicts", verdicts_to_json(verdicts)}});
    text += fmt::format("run {} by {}\n{}", run, ruleset.id, verdict_table(verdicts));
  }
  print_result(globals, options.all ? Json{{"format", "pgolf.judgements/1"}, {"runs", documents}} : documents.at(0),
               text);
  return exit_code;
}

// Logs that lie in the submission's directory, where the upstream record was copied there.
std::vector<PublishedLog> published_logs(const Submission& submission, const std::filesystem::path& directory) {
  std::vector<PublishedLog> out;
  for (const Claim& claim : submission.claims) {
    std::error_code ignored;
    if (const auto file = directory / claim.source;
        claim.source.ends_with(".log") && std::filesystem::exists(file, ignored))
      out.push_back({claim.source, read_text(file)});
  }
  return out;
}

int check_claims(const Globals& globals, const JudgeOptions& options, const std::string& logs) {
  const Ruleset ruleset = load_ruleset(find_ruleset(globals.rules, options.rules));
  const Submission submission = load_submission(find_submission(globals.submissions, options.subject));
  const auto directory = logs.empty() ? submission.directory : std::filesystem::path(logs);
  const auto verdicts = judge_claims(submission, published_logs(submission, directory), ruleset, options.as_of);
  const Json document = {{"format", "pgolf.claims/1"},
                         {"submission", submission.id},
                         {"ruleset", ruleset.id},
                         {"verdicts", verdicts_to_json(verdicts)}};
  print_result(globals, document, fmt::format("{} by {}\n{}", submission.id, ruleset.id, verdict_table(verdicts)));
  return exit_code_of(verdicts, reading_from(options.reading));
}

void add_rule_options(CLI::App* verb, JudgeOptions& options) {
  verb->add_option("--rules", options.rules, "a ruleset's id or file; default: the latest");
  verb->add_option("--as-of", options.as_of, "a date, like 2026-04-28: only rules in force then");
  verb->add_option("--reading", options.reading, "which reading decides the exit code")
      ->check(CLI::IsMember({"strict", "practice"}))
      ->capture_default_str();
}

}  // namespace

void register_judge(Cli& cli) {
  const auto options = std::make_shared<JudgeOptions>();
  CLI::App* verb = cli.verb("judge", "Recompute the verdicts of a run from its stored evidence",
                            "pgolf judge last --reading practice");
  auto* run = verb->add_option("run", options->subject, "a run's identifier, a unique part of it, or 'last'");
  verb->add_flag("--all", options->all, "every run of the record")->excludes(run);
  add_rule_options(verb, *options);
  verb->callback([&cli, options] {
    if (!options->all && options->subject.empty()) throw CLI::RequiredError("run, or --all");
    cli.action = [&cli, options] { return judge_runs(cli.globals, *options); };
  });

  const auto claims = std::make_shared<JudgeOptions>();
  const auto logs = std::make_shared<std::string>();
  CLI::App* check = cli.verb("check", "Judge what a submission publishes, without running anything", "pgolf check 334");
  check->add_option("submission", claims->subject, "334, pr-334, or a directory")->required();
  check->add_option("--logs", *logs, "directory of the published logs, to compare seeds line by line");
  add_rule_options(check, *claims);
  check->callback([&cli, claims, logs] {
    cli.action = [&cli, claims, logs] { return check_claims(cli.globals, *claims, *logs); };
  });
}

}  // namespace pgolf
