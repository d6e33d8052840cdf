#include "harness/run/local_disk.h"

#include <sys/vfs.h>

#include <map>

#include "base/error.h"

namespace pgolf {
namespace fs = std::filesystem;

std::string network_file_system(long type) {
  static const std::map<long, std::string> kTypes = {
      // linux/magic.h and statfs(2)
      {0x6969, "NFS"},        {0xFF534D42, "CIFS"}, {0xFE534D42, "SMB"},  {0x517B, "SMB"},
      {0x0BD00BD0, "Lustre"}, {0x47504653, "GPFS"}, {0x65735546, "FUSE"}, {0x00C36400, "Ceph"},
      {0x19830326, "BeeGFS"}, {0x5346414F, "AFS"},  {0x01021997, "9P"},   {0x6B414653, "AFS"}};
  const auto found = kTypes.find(type & 0xFFFFFFFF);
  return found == kTypes.end() ? "" : found->second;
}

void check_home(const fs::path& home) {
  std::error_code error;
  if (home.empty()) fail(ErrorKind::usage, "--home: is empty; expected a directory");
  if (fs::exists(home, error) && !fs::is_directory(home, error))
    fail(ErrorKind::usage, "{}: is no directory; --home (PGOLF_HOME) names one", home.string());
  fs::path there = fs::absolute(home).lexically_normal();  // the part of it that there is
  while (there.has_relative_path() && !fs::exists(there, error)) there = there.parent_path();
  struct statfs info {};
  if (::statfs(there.c_str(), &info) != 0) return;
  if (const std::string name = network_file_system(info.f_type); !name.empty())
    fail(ErrorKind::usage,
         "{}: lies on {}, where a record cannot be kept; name a local disk with --home (of a sweep on Slurm only the "
         "sweep's own folder has to be shared)",
         home.string(), name);
}

}  // namespace pgolf
