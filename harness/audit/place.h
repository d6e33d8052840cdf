// The directory of an audit, and the phases of the engine that run in it: they see what is laid there, the data and
// nothing else of the home.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "db/store.h"
#include "harness/run/data_view.h"
#include "harness/run/engine_phase.h"
#include "harness/run/work_directory.h"

namespace pgolf {

// What is audited, as the record has it.
struct Audited {
  RunRecord record;
  Pinned pinned;
  RunDirectory directory;
};
// Errors: usage for a run without a result or one that has not ended; submission for another artifact than recorded.
Audited audited_run(const Store& store, const Workspace& workspace, const std::string& run);

class AuditPlace {
 public:
  // The artifact is a copy. Where a limit of time stopped the adaptation of the run, it stops here, too.
  AuditPlace(Store& store, const Workspace& workspace, const Audited& audited);

  const RunDirectory& directory() const { return directory_; }

  // `half` of the data, every file of which is hashed when it is read, whatever was remembered of it.
  DataView view(const DataManifest& data, const std::string& half, bool sandboxed) const;

  struct Work {
    std::string phase;
    std::vector<std::string> arguments;  // beside those that every phase has, data and schedule among them
    std::vector<std::filesystem::path> readable;
    std::vector<std::filesystem::path> leaves;  // files in the place that must be there when it has ended
    int64_t total = 0;                          // of the progress display
    std::string unit, failure;                  // "the artifact was not scored"
  };
  // Runs the phase and returns its time in ms. Errors: those of the engine; submission, with `failure` and why, for an
  // attempt at what it may not and for what is missing; Interrupted.
  double run(const Work& work, const DataView& view, const RunOptions& options, const Sandbox& sandbox) const;

  // What is left is the audit's, in the place of an earlier one.
  void become(const std::filesystem::path& target);

 private:
  std::filesystem::path home_;
  WorkDirectory work_;
  RunDirectory directory_;
};

}  // namespace pgolf
