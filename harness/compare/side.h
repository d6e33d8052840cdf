// What a side of a comparison names, found in the record or among the published claims.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "db/store.h"
#include "harness/compare/compare.h"
#include "harness/run/workspace.h"
#include "judge/ruleset.h"
#include "resolve/submission.h"

namespace pgolf {

struct SideSources {
  const Store* store = nullptr;  // null: there is no record yet
  Workspace workspace;
  std::filesystem::path submissions;
  const Ruleset& ruleset;
};

// A side and the runs behind it, of which pages draw curves and configurations; none for claims.
struct SelectedSide {
  CompareSide side;
  std::vector<std::string> run_ids;
};

//   claims:334                          the published logs of a submission
//   334, #334, pr-334, a URL, mine      every finished run of a submission, if they are of one kind
//   334@demo, 334@demo+key=value        those of a profile with just these fields overridden
//   RUN,RUN,...                         runs by identifier, a unique part of it, or 'last'
// Of runs with one pinned configuration, seed and data the latest counts; the others are told in the notes.
// Errors: not_found, naming what is missing; usage if a submission's runs are of several kinds, listing them, or a
// named run has no such metric.
SelectedSide select_side(const SideSources& sources, std::string_view what, const std::string& metric);

// Leaves out of B what A has as well, under another identifier: the same configuration and seed, or the same artifact.
// Of claims, a log of both sides stays. B's notes tell either. Errors: usage if B has nothing of its own.
void leave_out_shared(const CompareSide& a, SelectedSide& b);
// The runs of a side that was found, without repetitions; `runs` is not empty and each has the metric.
SelectedSide side_of_runs(const SideSources& sources, std::vector<RunRecord> runs, const std::string& metric);

// "pr-334@demo+ttt.enabled=false"
std::string kind_name(const RunRecord& record);

CompareSide claims_side(const Submission& submission, const Ruleset& ruleset, const std::string& metric);

}  // namespace pgolf
