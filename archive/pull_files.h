// What a pull request itself changes: where it left main, and which of its files are its own.
#pragma once

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "archive/git_repository.h"

namespace pgolf {

// Where a pull request's own work begins.
struct PullBase {
  std::string relation;          // base: left main there; merged: a merge brought it to main; in_main; unrelated
  std::optional<ObjectId> base;  // the commit that its files are held against; nullopt of an unrelated one
  int64_t commits = 0;           // of its own: from the base to its head
};

struct FolderWork {
  int64_t behind = 0;  // how many of the other folders were worked on after it: 0 for what the head is about
  int64_t first = std::numeric_limits<int64_t>::max();  // the earliest author's time
};

// Main's history, by which heads are placed.
class MainHistory {
 public:
  MainHistory(const GitRepository& repository, const std::optional<ObjectId>& main);

  // A head of main's own history is held against what main was before the merge that brought it, else against its own
  // parent. Of several places where it left main, the last one counts.
  PullBase base_of(const ObjectId& head) const;
  // Where main has this commit: behind those of a lower place; nullopt if it has it not.
  std::optional<int64_t> place_of(const ObjectId& commit) const;
  // What the head's own commits did to each of these folders. Merges count for nothing.
  std::vector<FolderWork> work_on(const ObjectId& head, const std::vector<std::string>& folders) const;

 private:
  // The commits that `head` has and main has not; those of main where it meets that go to `meets`.
  std::vector<ObjectId> own_commits(const ObjectId& head, std::vector<ObjectId>* meets) const;

  const GitRepository& repository_;
  std::map<ObjectId, int64_t> place_;    // of main's commits: a commit is behind its parents
  std::map<ObjectId, ObjectId> merged_;  // second parent -> main before the merge
};

// Files that matter, by what they are.
enum class FileKind { other, log, card, script, code, text };
const char* file_kind_name(FileKind kind);
FileKind file_kind_of(const std::string& path);  // by its name alone

// The folder of a submission that each path belongs to: records/TRACK/NAME; elsewhere, the nearest folder above it that
// holds a submission.json or a log; "" for what is in none.
std::vector<std::string> folders_of(const std::vector<TreeChange>& files);

}  // namespace pgolf
