#include "harness/audit/audit.h"

#include <algorithm>
#include <limits>
#include <random>

#include "base/error.h"
#include "base/notice.h"
#include "harness/bundle/run.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/cli/run_json.h"
#include "harness/cli/run_request.h"
#include "harness/commands/registry.h"
#include "harness/judging/judging.h"
#include "harness/judging/rejudge.h"
#include "harness/judging/run_facts.h"
#include "harness/process/interrupts.h"
#include "judge/tier.h"

namespace pgolf {
namespace {

constexpr char kRule[] = "audited";

// The run that is meant: on record, or in a bundle, which is taken into the record first.
std::string run_of(const Globals& globals, Store& store, const std::string& name, const Ruleset& ruleset) {
  std::error_code no;
  if (!std::filesystem::is_regular_file(name, no)) return store.find_run(name);
  const ImportResult taken =
      import_bundle(store, globals.workspace(), read_bundle_file(name), name, ruleset, globals.submissions);
  if (taken.new_run) notice("run {} is imported", taken.run);
  return taken.run;
}

Json steps_json(const StepAudit& steps) {
  return {{"seed", steps.seed},
          {"drawn", steps.drawn},
          {"trained", steps.replayed},
          {"same_kind", steps.same_kind},
          {"first_difference", text_or_null(steps.difference)},
          {"first_difference_at", text_or_null(steps.difference_at)}};
}

std::string steps_text(const StepAudit& steps) {
  return fmt::format("  steps       {} drawn with seed {}, {} trained again: difference {}\n", steps.drawn.size(),
                     steps.seed, steps.replayed,
                     steps.difference.empty() ? "none" : steps.difference + " (" + steps.difference_at + ")");
}

Json to_json(const AuditFacts& facts, const AuditNote& note, const Verdict& strict, const Verdict& practice) {
  const bool both = facts.claimed_bpb && facts.found_bpb;
  return {{"format", "pgolf.audited/1"},
          {"run_id", note.run},
          {"audited_at", note.audited_at},
          {"artifact_sha256", note.artifact_sha256},
          {"manifest_sha256", note.manifest_sha256},
          {"engine_sha256", note.engine_sha256},
          {"own_engine", facts.own_engine},
          {"device", facts.device},
          {"same_kind", facts.same_kind},
          {"sandbox", note.sandbox},
          {"seconds", note.wall_ms / 1e3},
          {"val_bpb", {{"claimed", or_null(facts.claimed_bpb)}, {"found", or_null(facts.found_bpb)}}},
          {"difference_bpb", both ? Json(*facts.found_bpb - *facts.claimed_bpb) : Json()},
          {"first_difference", text_or_null(facts.difference)},
          {"first_difference_at", text_or_null(facts.difference_at)},
          {"ledger_difference", text_or_null(facts.ledger_difference)},
          {"ledger_difference_at", text_or_null(facts.ledger_at)},
          {"steps", facts.steps ? steps_json(*facts.steps) : Json()},
          {"strict", status_name(strict.status)},
          {"practice", status_name(practice.status)},
          {"reason", strict.reason}};
}

std::string to_text(const AuditFacts& facts, const AuditNote& note, const Verdict& strict, const std::string& tier) {
  const auto bpb = [](const std::optional<double>& value) { return value ? fmt::format("{:.8f}", *value) : "-"; };
  const auto difference = [](const std::string& text, const std::string& at) {
    return text.empty() ? "none" : fmt::format("{} ({})", text, at);
  };
  std::string out = fmt::format("audit of run {}\n  artifact    sha256 {}\n", note.run, note.artifact_sha256);
  out += fmt::format("  scored      on {}, {}, in {:.1f} s, sandbox {}\n", facts.device,
                     facts.own_engine ? "by pgolf's own engine" : "by ANOTHER engine than pgolf's own",
                     note.wall_ms / 1e3, note.sandbox);
  out += fmt::format("  val_bpb     {} claimed, {} here\n", bpb(facts.claimed_bpb), bpb(facts.found_bpb));
  out += fmt::format("  difference  {}\n", difference(facts.difference, facts.difference_at));
  out += fmt::format("  ledger      difference {}\n", difference(facts.ledger_difference, facts.ledger_at));
  if (facts.steps) out += steps_text(*facts.steps);
  out += fmt::format("  audited     {}: {}\n", status_name(strict.status), strict.reason);
  return out + fmt::format("  tier        {}\n", tier_text(tier));
}

const Verdict& verdict_of(const std::vector<Verdict>& verdicts, Reading reading) {
  return *std::find_if(verdicts.begin(), verdicts.end(),
                       [&](const Verdict& v) { return v.rule == kRule && v.reading == reading; });
}

int audit(const Globals& globals, RunRequest request, const std::string& name, const StepDraw& draw) {
  Interrupts::install();
  complete_options(request);
  const Ruleset ruleset = chosen_ruleset(globals, request.rules);
  if (!ruleset.rule(kRule))
    fail(ErrorKind::usage, "{}: has no rule '{}'; name a ruleset that is read with pgolf-evidence-2 or later",
         ruleset.id, kRule);
  Store store = open_record(globals);
  const std::string run = run_of(globals, store, name, ruleset);
  const AuditNote note = audit_run(store, globals.workspace(), run, request.options, request.data.data, draw);
  const Rejudged judged = rejudge(store, globals.workspace(), run, ruleset, "", false);
  if (!judged.problem.empty()) fail(ErrorKind::database, "run {}: {}", run, judged.problem);
  const RunRecord record = store.load_run(run);
  const auto facts = audit_facts(record, globals.workspace(), globals.workspace().run(run).root());
  const Verdict &strict = verdict_of(judged.verdicts, Reading::strict),
                &practice = verdict_of(judged.verdicts, Reading::practice);
  Json document = to_json(*facts, note, strict, practice);
  document["tier"] = text_or_null(tier_of(record));
  print_result(globals, document, to_text(*facts, note, strict, tier_of(record)));
  Verdict asked = reading_from(request.reading) == Reading::strict ? strict : practice;
  asked.counts = true;  // here it is the question: what was not shown did not pass
  return exit_code_of(std::vector<Verdict>{asked}, asked.reading);
}

}  // namespace

void add_audit(Cli& cli) {
  const auto request = std::make_shared<RunRequest>();
  const auto run = std::make_shared<std::string>();
  const auto draw = std::make_shared<StepDraw>();
  CLI::App* verb =
      cli.verb("audit", "Score a run's artifact again, from it alone, and hold the result against the run's",
               "pgolf audit run.pgolf.tar.zst");
  verb->add_option("run", *run, "a run's identifier, a unique part of it, 'last', or a bundle, which is imported first")
      ->required();
  verb->add_option("--data", request->data.data, "the run's prepared data; default: found by their manifest");
  CLI::Option* steps = verb->add_option("--steps", draw->count,
                                        "also train so many steps again, drawn at random, and compare their hashes")
                           ->check(CLI::Range(1, 1'000'000).description(""))
                           ->type_name("K");
  verb->add_option("--seed", draw->seed, "of the draw; default: at random")
      ->check(CLI::Range(int64_t{0}, std::numeric_limits<int64_t>::max()).description(""))
      ->type_name("INT")
      ->needs(steps);
  add_phase_options(verb, *request);
  verb->callback([&cli, verb, request, run, draw] {
    if (verb->count("--seed") == 0) draw->seed = std::random_device()();
    cli.action = [&cli, request, run, draw] { return audit(cli.globals, *request, *run, *draw); };
  });
}

}  // namespace pgolf
