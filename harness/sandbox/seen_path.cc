#include "harness/sandbox/seen_path.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace pgolf {
namespace fs = std::filesystem;
namespace {

// Whether `path` leads somewhere from `root`, or, without `follows`, is there as a link that may lead nowhere.
bool is_there(int root, const fs::path& path, bool follows, uint64_t resolve = 0) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC | (follows ? 0U : O_NOFOLLOW), how.resolve = RESOLVE_IN_ROOT | resolve;
  const int fd = static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
  if (fd >= 0) ::close(fd);
  return fd >= 0 || (resolve == 0 && errno != ENOENT && errno != ENOTDIR);
}

int root_of(pid_t pid) { return ::open(fmt::format("/proc/{}/root", pid).c_str(), O_PATH | O_CLOEXEC); }

}  // namespace

bool may_be_there(pid_t pid, const fs::path& path) {
  const int root = root_of(pid);
  if (root < 0) return true;
  bool there = true;
  fs::path way;
  for (const fs::path& part : path) {
    way /= part;
    if (is_there(root, way, true)) continue;
    there = is_there(root, way, false);
    break;
  }
  ::close(root);
  return there;
}

bool is_what_it_says(pid_t pid, const fs::path& path) {
  const int root = root_of(pid);
  const bool out = root >= 0 && is_there(root, path, true, RESOLVE_NO_SYMLINKS);
  if (root >= 0) ::close(root);
  return out;
}

}  // namespace pgolf
