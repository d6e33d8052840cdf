// From the record of a run to its verdicts, and back into the record.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "db/store.h"
#include "harness/judge/judge.h"
#include "harness/run/workspace.h"

namespace pgolf {

// What the harness itself measured and can count again now: sizes and hashes of files, external times, the data's
// manifest.
// `directory`: where its files lie, if not in the workspace yet.
RunFacts run_facts(const RunRecord& record, const Workspace& workspace, const std::filesystem::path& directory = {});

// Judges a run from stored evidence. `as_of` "" is the ruleset's own date.
std::vector<Verdict> judge_run(const Store& store, const Workspace& workspace, const std::string& run,
                               const Ruleset& ruleset, std::string_view as_of);

// The judgement as rows of the record.
JudgementRow judgement_row(const std::string& run, const Ruleset& ruleset, std::string_view as_of,
                           const std::vector<Verdict>& verdicts);

// Exit code of a run's verdicts under one reading: 0 pass or warn, 1 fail, 3 unknown.
int exit_code_of(const std::vector<Verdict>& verdicts, Reading reading);
// Of several: the first that occurs of 8, 2, 1, 3, 0 (docs/exit-codes.md).
int worse_exit_code(int a, int b);

}  // namespace pgolf
