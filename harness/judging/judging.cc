#include "harness/judging/judging.h"

#include "base/error.h"
#include "harness/judging/gather_evidence.h"
#include "harness/judging/run_facts.h"
#include "harness/judging/shipped.h"
#include "judge/judge.h"

namespace pgolf {

std::vector<Verdict> judge_run(const Store& store, const Workspace& workspace, const std::string& run,
                               const Ruleset& ruleset, std::string_view as_of) {
  return judge(gather_evidence(run_facts(store.load_run(run), workspace)), ruleset, as_of);
}

std::vector<Verdict> judge_publication(const Submission& submission, std::span<const PublishedLog> logs,
                                       const Ruleset& ruleset, std::string_view as_of) {
  const bool is_ours = !submission.directory.empty();  // what the archive holds is the pull request itself
  const Submission* shipped = shipped_submission(submission.id, is_ours ? submission.pr : 0);
  const auto edited = is_ours ? edited_files(submission.directory, submission.id) : std::vector<std::string>();
  return judge_claims(submission, logs, ruleset, as_of, shipped, edited);
}

JudgementRow judgement_row(const std::string& run, const Ruleset& ruleset, std::string_view as_of,
                           const std::vector<Verdict>& verdicts) {
  JudgementRow row;
  row.run = run, row.ruleset = ruleset.id, row.ruleset_sha256 = ruleset.sha256;
  row.as_of = as_of.empty() ? ruleset.date : std::string(as_of);
  for (const Verdict& v : verdicts)
    row.verdicts.push_back({v.rule, reading_name(v.reading), status_name(v.status),
                            verdict_to_json(v).dump(-1, ' ', false, Json::error_handler_t::replace)});
  return row;
}

int worse_exit_code(int a, int b) {
  for (const int code : {8, 2, 1, 3})
    if (a == code || b == code) return code;
  return 0;
}

int exit_code_of(const std::vector<Verdict>& verdicts, Reading reading) {
  switch (outcome(verdicts, reading)) {
    case Status::fail: return static_cast<int>(ErrorKind::verdict);
    case Status::unknown: return static_cast<int>(ErrorKind::inconclusive);
    default: return 0;
  }
}

}  // namespace pgolf
