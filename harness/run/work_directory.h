// A directory that is filled beside its place and takes it when it is whole: HOME/.import-XXXXXX of an import,
// HOME/audits/.audit-XXXXXX of an audit. Its lock shows that somebody works there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "db/store.h"
#include "harness/process/file_lock.h"
#include "harness/run/workspace.h"

namespace pgolf {

// Those whose pgolf was killed, by their paths below HOME: real directories of this user that are empty or hold a lock
// which nobody has.
std::vector<std::string> dead_work(const Workspace& workspace);

// Directories of runs that took their place before their rows were on record, when their import was killed: marked as
// unfinished, with no row and a lock that nobody has.
std::vector<std::string> unfinished_imports(const Workspace& workspace, const std::vector<RunSummary>& recorded);
void remove_unfinished_imports(const Store& store, const Workspace& workspace);

// Disappears unless it is kept.
class WorkDirectory {
 public:
  // Removes dead ones first. Errors: machine.
  static WorkDirectory of_import(Store& store, const Workspace& workspace);
  static WorkDirectory of_audit(Store& store, const Workspace& workspace);
  ~WorkDirectory();
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;

  void become(const std::filesystem::path& directory);  // it still disappears unless kept
  void keep();
  const std::filesystem::path& path() const { return path_; }

 private:
  WorkDirectory(Store& store, const Workspace& workspace, const std::string& pattern);

  std::filesystem::path path_;
  std::optional<FileLock> lock_;
};

}  // namespace pgolf
