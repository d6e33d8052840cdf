// Judging again what is on record, and what that changes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "db/store.h"
#include "harness/run/workspace.h"
#include "judge/ruleset.h"
#include "judge/verdict.h"

namespace pgolf {

struct VerdictChange {
  std::string rule, reading, before, now;  // a status, or "-" where one judgement has no such verdict
};
std::string change_text(const VerdictChange& change);

struct Rejudged {
  std::string run, submission, state;
  std::vector<Verdict> verdicts;
  std::string before;  // ruleset and date of the judgement on record, "" if there was none
  std::vector<VerdictChange> changes;
  std::string problem;  // why it could not be judged
};

// Judges a run and records that, unless `dry_run` is set or the record cannot be written. A run whose record is damaged
// has a `problem`; it does not keep others from being judged.
Rejudged rejudge(Store& store, const Workspace& workspace, const std::string& run, const Ruleset& ruleset,
                 std::string_view as_of, bool dry_run);

Json rejudged_to_json(const Rejudged& judged, const Ruleset& ruleset);
// One line per run, its changes below.
std::string rejudged_text(const std::vector<Rejudged>& all);
int exit_code_of(const std::vector<Rejudged>& all, Reading reading);

}  // namespace pgolf
