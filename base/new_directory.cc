#include "base/new_directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "base/error.h"
#include "base/file.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_machine(const fs::path& path, const char* action, int error) {
  fail(ErrorKind::machine, "{}: {} failed: {}; free some space or name another directory", path.string(), action,
       std::strerror(error));
}

// The name of a path that may end in '/'.
fs::path without_slash(const fs::path& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

}  // namespace

NewDirectory::NewDirectory(fs::path path, const std::function<bool(const std::string&)>& replaces)
    : path_(without_slash(path)) {
  std::error_code problem;
  if (fs::exists(path_, problem)) {
    if (!fs::is_directory(path_, problem)) fail(ErrorKind::usage, "{}: is no directory; name another", path_.string());
    for (fs::directory_iterator at(path_, problem); !problem && at != fs::directory_iterator(); at.increment(problem))
      if (const std::string name = at->path().filename().string(); !replaces(name))
        fail(ErrorKind::usage, "{}: holds '{}', which would be lost; name an empty directory or a new one",
             path_.string(), name);
  }
  temporary_ = name_beside(path_);
  fs::create_directories(temporary_, problem);
  if (problem) fail(ErrorKind::machine, "{}: cannot be created: {}", path_.string(), problem.message());
}

NewDirectory::~NewDirectory() {
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

void NewDirectory::write(const std::string& name, std::string_view text) {
  errno = 0;
  std::ofstream file(temporary_ / name, std::ios::binary);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (!file) fail_machine(path_ / name, "writing", errno);
}

void NewDirectory::finish() {
  const int fd = ::open(temporary_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || ::syncfs(fd) != 0) {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    fail_machine(path_, "syncing", error);
  }
  ::close(fd);
  std::error_code ignored;
  const unsigned how = fs::exists(path_, ignored) ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), how) != 0)
    fail_machine(path_, "renaming into place", errno);
}

}  // namespace pgolf
