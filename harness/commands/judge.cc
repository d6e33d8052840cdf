#include <fmt/ranges.h>

#include "base/error.h"
#include "base/notice.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/cli/run_json.h"
#include "harness/commands/registry.h"
#include "harness/judging/judging.h"
#include "harness/judging/rejudge.h"

namespace pgolf {
namespace {

struct JudgeRequest {
  std::string run, rules, as_of, reading = "strict";
  bool all = false, dry_run = false, keep = false;

  // By other rules or as of another day it is a question, and the judgement on record stays.
  bool asks() const { return dry_run || (!keep && (!rules.empty() || !as_of.empty())); }
};

constexpr char kAsked[] = "a question: the judgement on record stays; --keep replaces it as the latest\n";

std::string title_of(const Ruleset& ruleset, const std::string& as_of) {
  return ruleset.id + (as_of.empty() ? "" : " as of " + as_of);
}

int judge_one(const Globals& globals, Store& store, const JudgeRequest& request, const Ruleset& ruleset) {
  const Rejudged r =
      rejudge(store, globals.workspace(), store.find_run(request.run), ruleset, request.as_of, request.asks());
  if (!r.problem.empty()) fail(ErrorKind::database, "run {}: {}", r.run, r.problem);
  std::string text = fmt::format("run {} by {}\n{}{}", r.run, title_of(ruleset, request.as_of),
                                 outcome_text(r.verdicts), verdict_table(r.verdicts));
  for (const VerdictChange& c : r.changes) text += "changed: " + change_text(c) + "\n";
  if (request.asks()) text += kAsked;
  Json document = {{"format", "pgolf.judgement/1"}};
  document.update(rejudged_to_json(r, ruleset));
  print_result(globals, document, text);
  return exit_code_of(r.verdicts, reading_from(request.reading));
}

int judge_all(const Globals& globals, Store& store, const JudgeRequest& request, const Ruleset& ruleset) {
  std::vector<Rejudged> all;
  for (const RunSummary& run : store.list_runs())
    if (!run.withdrawn)
      all.push_back(rejudge(store, globals.workspace(), run.id, ruleset, request.as_of, request.asks()));
  if (all.empty() && !store.list_runs().empty()) fail(ErrorKind::not_found, "every run on record was withdrawn");
  Json documents = Json::array();
  for (const Rejudged& r : all) documents.push_back(rejudged_to_json(r, ruleset));
  print_result(
      globals, {{"format", "pgolf.judgements/1"}, {"ruleset", ruleset.id}, {"runs", documents}},
      fmt::format("by {}\n{}{}", title_of(ruleset, request.as_of), rejudged_text(all), request.asks() ? kAsked : ""));
  return exit_code_of(all, reading_from(request.reading));
}

int judge_runs(const Globals& globals, const JudgeRequest& request) {
  const Ruleset ruleset = chosen_ruleset(globals, request.rules);
  check_in_force(ruleset, request.as_of);
  auto store = request.asks() ? look_at_record(globals) : open_existing_record(globals);
  if (!store) fail_no_record(globals.workspace());
  if (store->read_only() && !request.asks()) notice("the record may not be written; the verdicts are not kept");
  return request.all ? judge_all(globals, *store, request, ruleset) : judge_one(globals, *store, request, ruleset);
}

}  // namespace

void add_judge(Cli& cli) {
  const auto r = std::make_shared<JudgeRequest>();
  CLI::App* verb = cli.verb("judge", "Recompute the verdicts of a run from its stored evidence",
                            "pgolf judge --all --as-of 2026-03-25");
  auto* run = verb->add_option("run", r->run, "a run's identifier, a unique part of it, or 'last'");
  verb->add_flag("--all", r->all, "every run of the record, and what changed")->excludes(run);
  auto* dry_run = verb->add_flag("--dry-run", r->dry_run, "keep the judgements on record as they are");
  verb->add_flag("--keep", r->keep, "with --ruleset or --as-of: record the answer as the run's latest judgement")
      ->excludes(dry_run);
  add_rule_options(verb, r->rules, r->as_of, r->reading);
  verb->callback([&cli, r] {
    if (!r->all && r->run.empty()) throw CLI::RequiredError("run, or --all");
    cli.action = [&cli, r] { return judge_runs(cli.globals, *r); };
  });
}

}  // namespace pgolf
