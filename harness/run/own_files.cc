#include "harness/run/own_files.h"

#include <sys/stat.h>

#include "base/error.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

// Whoever closed them to us is gone.
void open_directories(const fs::path& path) {
  std::error_code gone;
  ::chmod(path.c_str(), 0700);
  for (fs::recursive_directory_iterator at(path, gone), end; !gone && at != end; at.increment(gone))
    if (is_own_directory(at->path())) ::chmod(at->path().c_str(), 0700);
}

}  // namespace

bool is_own_directory(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool is_file_within(const fs::path& path, std::uintmax_t bytes) {
  std::error_code missing;
  return fs::is_regular_file(path, missing) && fs::file_size(path, missing) <= bytes;
}

std::string without_path(std::string text, const fs::path& directory) {
  const std::string prefix = directory.string() + "/";
  for (size_t at = 0; (at = text.find(prefix, at)) != std::string::npos;) text.erase(at, prefix.size());
  return text;
}

void check_own(const RunDirectory& run) {
  std::error_code missing;
  if (!run.is_own() && fs::exists(fs::symlink_status(run.root(), missing)))
    fail(ErrorKind::database, "{}: a link or a file where the run's directory was; bring that back",
         run.root().string());
}

fs::path own_directory(const Workspace& workspace, const std::string& name) {
  fs::path out = workspace.home / name;
  std::error_code error;
  fs::create_directories(workspace.home, error);
  ::mkdir(out.c_str(), 0777);
  if (!is_own_directory(out))
    fail(ErrorKind::usage, "{}: no directory of the workspace itself, but a way out of it; move it away", out.string());
  return out;
}

bool remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (!error) return true;
  if (is_own_directory(path)) open_directories(path);
  fs::remove_all(path, error);
  return !error;
}

}  // namespace pgolf
