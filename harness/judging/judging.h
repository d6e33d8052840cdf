// The judge asked about what is at hand: a run of the record, or a publication.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/store.h"
#include "harness/run/workspace.h"
#include "judge/judge_claims.h"
#include "judge/ruleset.h"
#include "judge/verdict.h"

namespace pgolf {

// Judges a run from stored evidence. `as_of` "" is the ruleset's own date.
std::vector<Verdict> judge_run(const Store& store, const Workspace& workspace, const std::string& run,
                               const Ruleset& ruleset, std::string_view as_of);

// Judges a publication, held against the submission of its id that this pgolf ships.
std::vector<Verdict> judge_publication(const Submission& submission, std::span<const PublishedLog> logs,
                                       const Ruleset& ruleset, std::string_view as_of = "");

// The judgement as rows of the record.
JudgementRow judgement_row(const std::string& run, const Ruleset& ruleset, std::string_view as_of,
                           const std::vector<Verdict>& verdicts);

// Exit code of a run's verdicts under one reading: 0 pass or warn, 1 fail, 3 unknown.
int exit_code_of(const std::vector<Verdict>& verdicts, Reading reading);
// Of several: the first that occurs of 8, 2, 1, 3, 0 (docs/exit-codes.md).
int worse_exit_code(int a, int b);

}  // namespace pgolf
