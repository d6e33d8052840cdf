#include "harness/cli/run_end.h"

#include <algorithm>

#include "base/error.h"
#include "harness/cli/options.h"
#include "harness/cli/report_files.h"
#include "harness/cli/run_json.h"
#include "harness/judging/judging.h"
#include "harness/run/replay.h"
#include "harness/run/resume.h"
#include "judge/reproduction.h"

namespace pgolf {
namespace {

// Prints the run; says in one line what went wrong, if anything did.
int report_run(const Globals& globals, const Store& store, const RunEnd& end, const std::optional<RecordMargin>& margin,
               int exit_code) {
  const RunRecord record = store.load_run(end.run);
  const auto page = write_run_report(store, end.run, margin, globals.workspace().run(end.run).root(), "report");
  Json document = run_to_json(record, margin);
  document["report"] = page.string();
  print_result(globals, document, run_to_text(record, margin) + "\nreport: " + page.string() + "\n");
  if (!end.failed) return exit_code;
  const WayOn way = way_on(record);
  fmt::print(stderr, "pgolf: run {}: {} {}: {}{}\n", end.run, end.failed_phase, outcome_name(end.failed->outcome),
             end.failed->message,
             way.verb.empty() ? "" : fmt::format("; `pgolf {} {}` goes on from there", way.verb, end.run));
  return exit_code_of(*end.failed);
}

// A replay's by its artifact; others' by the rules and, where the submission ran as it was, by whether its claim was
// reproduced: the first that occurs of 1, 3, 0.
int exit_code_of(int by_rules, const RunRecord& record, const std::optional<RecordMargin>& margin) {
  if (record.replay) return exit_code_of(replay_end(record));
  if (!record.pinned.as_run) return by_rules;
  const Reproduction found = reproduction_of(record, margin);
  const auto code = [](ErrorKind kind) { return static_cast<int>(kind); };
  const int by_claim = found.outcome == Reproduced::yes  ? 0
                       : found.outcome == Reproduced::no ? code(ErrorKind::verdict)
                                                         : code(ErrorKind::inconclusive);
  return by_rules == 1 || by_claim == 1 ? 1 : std::max(by_rules, by_claim);
}

}  // namespace

int judge_and_report(const Globals& globals, Store& store, const RunEnd& end, const Ruleset& ruleset,
                     const std::string& reading) {
  const auto margin = record_margin(ruleset);
  if (end.failed) return report_run(globals, store, end, margin, 0);
  const auto verdicts = judge_run(store, globals.workspace(), end.run, ruleset, "");
  store.transact([&] {
    store.put_judgement(judgement_row(end.run, ruleset, "", verdicts));
    store.move(end.run, RunState::done);
  });
  const int by_rules = exit_code_of(verdicts, reading_from(reading));
  return report_run(globals, store, end, margin, exit_code_of(by_rules, store.load_run(end.run), margin));
}

}  // namespace pgolf
