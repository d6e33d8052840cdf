// From the record to a bundle and back (docs/bundle.md).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "db/store.h"
#include "harness/bundle/bundle.h"
#include "harness/run/workspace.h"
#include "judge/ruleset.h"
#include "judge/verdict.h"

namespace pgolf {

// What a bundle of the run holds: its rows, its files but the checkpoint, and what it was judged by.
// Errors: usage if the run has not ended; those of base/file.h.
BundleContents run_contents(const Store& store, const Workspace& workspace, const std::string& run,
                            const std::filesystem::path& rules);

struct ImportResult {
  std::string run;
  bool new_run = true;               // false: it was there already, with the same content
  std::vector<Verdict> verdicts;     // by the local ruleset
  std::vector<std::string> differs;  // from the verdicts in the bundle: "train_time (strict): pass there, fail here"
};

// Takes a bundle into the record: its files become HOME/RUN, its rows are marked as imported, its verdicts are computed
// anew. Nothing is left behind unless all of it succeeds. `submissions` has the submissions of the checkout, which are
// believed before the bundle's word.
// Errors: those of read_bundle; submission if the rows do not fit the files; usage if a run of that name is on record,
// or lies in HOME, with other content.
ImportResult import_bundle(Store& store, const Workspace& workspace, std::string_view bytes, std::string_view origin,
                           const Ruleset& ruleset, const std::filesystem::path& submissions);

}  // namespace pgolf
