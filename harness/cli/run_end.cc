#include "harness/cli/run_end.h"

#include <algorithm>

#include "base/error.h"
#include "base/notice.h"
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
  Json document = run_to_json(record, margin);
  std::string text = run_to_text(record, margin);
  try {
    const auto page = write_run_report(store, end.run, margin, globals.workspace().run(end.run).root(), "report");
    document["report"] = page.string();
    text += "\nreport: " + page.string() + "\n";
  } catch (const Error& e) {  // the result is told all the same
    notice("no page: {}", e.what());
  }
  print_result(globals, document, text);
  if (!end.failed) return exit_code;
  const WayOn way = way_on(record);
  fmt::print(stderr, "pgolf: run {}: {} {}: {}{}\n", end.run, end.failed_phase, outcome_name(end.failed->outcome),
             end.failed->message,
             way.verb.empty() ? "" : fmt::format("; `pgolf {} {}` goes on from there", way.verb, end.run));
  return exit_code_of(*end.failed);
}

int forgiven(int code, const std::string& fail_on) {
  return fail_on == "fail" && code == static_cast<int>(ErrorKind::inconclusive) ? 0 : code;
}

// A replay's by its artifact; others' by the rules and, where the submission ran as it was, by whether its claim was
// reproduced: the first that occurs of 1, 3, 0.
int exit_code_of(int by_rules, const RunRecord& record, const std::optional<RecordMargin>& margin) {
  if (record.replay) return exit_code_of(replay_end(record));
  if (!record.pinned.as_run) return by_rules;
  const Reproduction found = reproduction_of(record, margin);
  const auto code = [](ErrorKind kind) { return static_cast<int>(kind); };
  if (found.outcome == Reproduced::nothing_claimed) return by_rules;
  const int by_claim = found.outcome == Reproduced::yes  ? 0
                       : found.outcome == Reproduced::no ? code(ErrorKind::verdict)
                                                         : code(ErrorKind::inconclusive);
  return by_rules == 1 || by_claim == 1 ? 1 : std::max(by_rules, by_claim);
}

}  // namespace

int judge_and_report(const Globals& globals, Store& store, const RunEnd& end, const Ruleset& ruleset,
                     const std::string& reading, const std::string& fail_on) {
  const auto margin = record_margin(ruleset);
  if (end.failed) return report_run(globals, store, end, margin, 0);
  const auto verdicts = judge_run(store, globals.workspace(), end.run, ruleset, "");
  store.transact([&] {
    store.put_judgement(judgement_row(end.run, ruleset, "", verdicts));
    store.move(end.run, RunState::done);
  });
  const int by_rules = exit_code_of(verdicts, reading_from(reading));
  const int code = exit_code_of(by_rules, store.load_run(end.run), margin);
  return report_run(globals, store, end, margin, forgiven(code, fail_on));
}

int report_ended_run(const Globals& globals, const Store& store, const std::string& run, const Ruleset& ruleset,
                     const std::string& reading, const std::string& fail_on) {
  const RunRecord record = store.load_run(run);
  const auto margin = record_margin(ruleset);
  const auto verdicts = record.judgement ? verdicts_of(*record.judgement) : std::vector<Verdict>();
  const int by_rules = exit_code_of(verdicts, reading_from(reading));
  const int code = report_run(globals, store, {run, std::nullopt, ""}, margin,
                              forgiven(exit_code_of(by_rules, record, margin), fail_on));
  return record.run.state == RunState::done ? code : static_cast<int>(ErrorKind::submission);
}

}  // namespace pgolf
