#include "tests/support/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

namespace pgolf {
namespace {

constexpr char kBallast[] = "ballast";

// A namespace in which an ordinary user may mount.
bool enter_namespace() {
  const uid_t uid = ::getuid();
  const gid_t gid = ::getgid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << "0 " << uid << " 1";
  std::ofstream("/proc/self/gid_map") << "0 " << gid << " 1";
  return true;
}

bool mount_tmpfs(const std::filesystem::path& path, size_t bytes) {
  const std::string options = "size=" + std::to_string(bytes);
  return ::mount("tmpfs", path.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

}  // namespace

SmallDisk::SmallDisk(const std::filesystem::path& directory, size_t bytes) : path_(directory) {
  std::filesystem::create_directories(path_);
  if (!mount_tmpfs(path_, bytes) && !(enter_namespace() && mount_tmpfs(path_, bytes)))
    why_not_ = std::string("a tmpfs cannot be mounted here: ") + std::strerror(errno);
}

SmallDisk::~SmallDisk() {
  if (why_not_.empty()) ::umount2(path_.c_str(), MNT_DETACH);
}

void SmallDisk::fill(size_t leave) const {
  struct statvfs info {};
  ::statvfs(path_.c_str(), &info);
  const size_t available = info.f_bavail * info.f_bsize;
  const int fd = ::open((path_ / kBallast).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const std::vector<char> zeros(4096);
  for (size_t done = 0; done + leave<available&& ::write(fd, zeros.data(), zeros.size())> 0; done += zeros.size()) {
  }
  ::close(fd);
}

void SmallDisk::free() const { std::filesystem::remove(path_ / kBallast); }

void SmallDisk::make_read_only() const { ::mount(nullptr, path_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr); }

}  // namespace pgolf
