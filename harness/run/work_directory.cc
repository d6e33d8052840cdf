#include "harness/run/work_directory.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "harness/run/own_files.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr char kUnfinished[] = "unfinished";  // in a directory whose rows may not be on record yet
constexpr char kImport[] = ".import-XXXXXX", kAudit[] = "audits/.audit-XXXXXX";

bool is_ours(const fs::path& path, mode_t kind) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && (info.st_mode & S_IFMT) == kind && info.st_uid == ::geteuid();
}

void add_dead(std::vector<std::string>& out, const Workspace& workspace, const fs::path& pattern) {
  const fs::path parent = workspace.home / pattern.parent_path();
  const std::string like = pattern.filename().string(), prefix = like.substr(0, like.find('X'));
  std::error_code gone;
  if (pattern.has_parent_path() && !is_own_directory(parent)) return;
  for (fs::directory_iterator at(parent, gone), end; !gone && at != end; at.increment(gone)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with(prefix) || name.size() != like.size() || !is_ours(at->path(), S_IFDIR)) continue;
    const fs::path lock = RunDirectory(at->path()).lock();
    std::error_code ignored;
    const bool marked = is_ours(lock, S_IFREG) || fs::is_empty(at->path(), ignored);  // killed before it had its lock
    if (marked && !FileLock::is_held(lock)) out.push_back((pattern.parent_path() / name).string());
  }
}

// No link is followed; one that somebody works in by now stays.
void remove_dead(const Workspace& workspace) {
  for (const std::string& name : dead_work(workspace)) {
    const fs::path path = workspace.home / name;
    if (::rmdir(path.c_str()) != 0 && FileLock::try_lock(RunDirectory(path).lock())) remove_tree(path);
  }
}

}  // namespace

std::vector<std::string> dead_work(const Workspace& workspace) {
  std::vector<std::string> out;
  for (const char* pattern : {kImport, kAudit}) add_dead(out, workspace, pattern);
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> unfinished_imports(const Workspace& workspace, const std::vector<RunSummary>& recorded) {
  std::vector<std::string> out;
  std::error_code gone;
  for (fs::directory_iterator at(workspace.home, gone), end; !gone && at != end; at.increment(gone)) {
    const std::string name = at->path().filename().string();
    const auto has_row = [&](const RunSummary& run) { return run.id == name; };
    const fs::path lock = RunDirectory(at->path()).lock();
    if (is_ours(at->path(), S_IFDIR) && is_ours(at->path() / kUnfinished, S_IFREG) && is_ours(lock, S_IFREG) &&
        !FileLock::is_held(lock) && std::none_of(recorded.begin(), recorded.end(), has_row))
      out.push_back(name);
  }
  return out;
}

void remove_unfinished_imports(const Store& store, const Workspace& workspace) {
  for (const std::string& name : unfinished_imports(workspace, store.list_runs()))
    if (FileLock::try_lock(workspace.run(name).lock())) remove_tree(workspace.home / name);
}

WorkDirectory WorkDirectory::of_import(Store& store, const Workspace& workspace) {
  std::error_code error;
  fs::create_directories(workspace.home, error);
  return {store, workspace, kImport};
}

WorkDirectory WorkDirectory::of_audit(Store& store, const Workspace& workspace) {
  own_directory(workspace, "audits");
  return {store, workspace, kAudit};
}

WorkDirectory::WorkDirectory(Store& store, const Workspace& workspace, const std::string& pattern) {
  std::string name = (workspace.home / pattern).string();
  store.transact([&] {  // one at a time, so that none takes another for dead before it has its lock
    remove_dead(workspace);
    if (::mkdtemp(name.data()) == nullptr)
      fail(ErrorKind::machine, "{}: cannot be created: {}", name, std::strerror(errno));
    path_ = name;
    lock_ = FileLock::try_lock(RunDirectory(path_).lock());
  });
  if (!lock_) fail(ErrorKind::machine, "{}: another program holds its lock; run the command again", name);
}

WorkDirectory::~WorkDirectory() {
  if (!path_.empty()) remove_tree(path_);
}

void WorkDirectory::become(const fs::path& directory) {
  std::error_code error;
  write_file_atomic(path_ / kUnfinished, std::string_view());
  ::chmod(path_.c_str(), 0755);
  fs::rename(path_, directory, error);
  if (error) fail(ErrorKind::machine, "{}: cannot be created: {}", directory.string(), error.message());
  path_ = directory;
}

void WorkDirectory::keep() {
  std::error_code ignored;
  fs::remove(path_ / kUnfinished, ignored);
  path_.clear();
}

}  // namespace pgolf
