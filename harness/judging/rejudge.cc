#include "harness/judging/rejudge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "harness/judging/judging.h"
#include "harness/judging/record_check.h"

namespace pgolf {
namespace {

using Statuses = std::map<std::pair<std::string, std::string>, std::string>;  // (rule, reading) -> status

Statuses statuses_of(const std::optional<JudgementRow>& judgement) {
  Statuses out;
  if (judgement)
    for (const VerdictRow& v : judgement->verdicts) out[{v.rule, v.reading}] = v.status;
  return out;
}

Statuses statuses_of(const std::vector<Verdict>& verdicts) {
  Statuses out;
  for (const Verdict& v : verdicts) out[{v.rule, reading_name(v.reading)}] = status_name(v.status);
  return out;
}

std::vector<VerdictChange> changes_between(const Statuses& before, const Statuses& now) {
  std::vector<VerdictChange> out;
  for (const auto& [key, status] : now) {
    const auto other = before.find(key);
    const std::string was = other == before.end() ? "-" : other->second;
    if (was != status) out.push_back({key.first, key.second, was, status});
  }
  for (const auto& [key, status] : before)
    if (!now.contains(key)) out.push_back({key.first, key.second, status, "-"});
  return out;
}

int code_of(const Rejudged& judged, Reading reading) {
  if (!judged.problem.empty()) return static_cast<int>(ErrorKind::database);
  return exit_code_of(judged.verdicts, reading);
}

}  // namespace

std::string change_text(const VerdictChange& c) {
  return fmt::format("{} ({}): {} -> {}", c.rule, c.reading, c.before, c.now);
}

Rejudged rejudge(Store& store, const Workspace& workspace, const std::string& run, const Ruleset& ruleset,
                 std::string_view as_of, bool dry_run) {
  Rejudged out;
  out.run = run;
  try {
    const RunRecord record = store.load_run(run);
    out.submission = record.pinned.submission, out.state = run_state_name(record.run.state);
    out.problem = contradiction(store, record, workspace.run(run));
    if (!out.problem.empty()) return out;
    out.verdicts = judge_run(store, workspace, run, ruleset, as_of);
    if (record.judgement) {
      const JudgementRow& before = *record.judgement;
      const bool other_text = before.ruleset == ruleset.id && before.ruleset_sha256 != ruleset.sha256;
      out.before =
          fmt::format("{}{} as of {}", before.ruleset,
                      other_text ? fmt::format(" of another text, {:.8},", before.ruleset_sha256) : "", before.as_of);
      out.changes = changes_between(statuses_of(record.judgement), statuses_of(out.verdicts));
    }
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::machine) throw;
    out.problem = e.what();
    return out;
  } catch (const Json::exception& e) {
    out.problem = fmt::format("its record is damaged ({})", e.what());
    return out;
  }
  if (!dry_run && !store.read_only()) store.put_judgement(judgement_row(run, ruleset, as_of, out.verdicts));
  return out;
}

Json rejudged_to_json(const Rejudged& r, const Ruleset& ruleset) {
  Json out = {{"run_id", r.run},
              {"submission", r.submission},
              {"state", r.state},
              {"ruleset", ruleset.id},
              {"ruleset_sha256", ruleset.sha256}};
  out["problem"] = r.problem.empty() ? Json() : Json(r.problem);
  for (const Reading reading : {Reading::strict, Reading::practice})
    out[reading_name(reading)] = r.problem.empty() ? Json(status_name(outcome(r.verdicts, reading))) : Json();
  out["before"] = r.before.empty() ? Json() : Json(r.before);
  out["changes"] = Json::array();
  for (const VerdictChange& c : r.changes)
    out["changes"].push_back({{"rule", c.rule}, {"reading", c.reading}, {"before", c.before}, {"now", c.now}});
  out["verdicts"] = verdicts_to_json(r.verdicts);
  return out;
}

namespace {

const char* outcome_of(const Rejudged& r, Reading reading) {
  return r.problem.empty() ? status_name(outcome(r.verdicts, reading)) : "-";
}

}  // namespace

std::string rejudged_text(const std::vector<Rejudged>& all) {
  std::string out =
      fmt::format("{:<36} {:<9} {:<8} {:<8} {:<9} {}\n", "RUN", "PR", "STATE", "STRICT", "PRACTICE", "CHANGED");
  for (const Rejudged& r : all) {
    out += fmt::format("{:<36} {:<9} {:<8} {:<8} {:<9} {}\n", r.run, r.submission, r.state,
                       outcome_of(r, Reading::strict), outcome_of(r, Reading::practice),
                       !r.problem.empty()  ? "not judged: " + r.problem
                       : r.before.empty()  ? "first judgement"
                       : r.changes.empty() ? "-"
                                           : fmt::format("{} since {}", r.changes.size(), r.before));
    for (const VerdictChange& c : r.changes) out += "    " + change_text(c) + "\n";
  }
  return all.empty() ? "no runs yet\n" : out;
}

int exit_code_of(const std::vector<Rejudged>& all, Reading reading) {
  int out = 0;
  for (const Rejudged& r : all) out = worse_exit_code(out, code_of(r, reading));
  return out;
}

}  // namespace pgolf
