#include "harness/process/memory.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/process_id.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

// The value of `key` in a file of lines "key value" or "key: value kB"; bytes where the file says kB.
std::optional<std::uintmax_t> value_in(const std::string& file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key) || line.size() == key.size()) continue;
    std::uintmax_t value = 0;
    const auto digits = line.find_first_of("0123456789", key.size());
    if (digits == std::string::npos) continue;
    for (size_t i = digits; i < line.size() && line[i] >= '0' && line[i] <= '9'; ++i)
      value = value * 10 + static_cast<std::uintmax_t>(line[i] - '0');
    return line.ends_with("kB") ? value * 1024 : value;
  }
  return std::nullopt;
}

// A file of our memory control group, by its name in version 2 or 1; "" if there is no such group.
std::string group_file(const char* version_2, const char* version_1) {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    if (controllers.empty()) {
      if (std::string file = fmt::format("/sys/fs/cgroup{}/{}", group, version_2); std::ifstream(file)) return file;
    } else if (controllers == "memory") {
      return fmt::format("/sys/fs/cgroup/memory{}/{}", group, version_1);
    }
  }
  return "";
}

// Memory of a process but for that of files in memory, which file_bytes() counts; with `shared` pages divided among
// those who share them. Nothing where the kernel does not tell.
std::optional<std::uintmax_t> own_bytes(pid_t pid, bool shared) {
  const std::string file = fmt::format("/proc/{}/{}", pid, shared ? "smaps_rollup" : "status");
  const auto all = value_in(file, shared ? "Pss:" : "VmRSS:");
  const auto of_files = value_in(file, shared ? "Pss_Shmem:" : "RssShmem:").value_or(0);
  return all ? std::optional(*all - std::min(*all, of_files)) : std::nullopt;
}

using MemoryFiles = std::map<std::pair<dev_t, ino_t>, std::uintmax_t>;  // bytes by device and inode

// What a socket can hold: net.core.wmem_default, since the watch refuses to enlarge one.
constexpr std::uintmax_t kSocketBytes = 212'992;

// Files in memory that descriptors of the process lead to and no directory shows, and sockets by what they can hold.
void add_memory_files(MemoryFiles& out, pid_t pid) {
  std::error_code gone;
  for (fs::directory_iterator at(fmt::format("/proc/{}/fd", pid), gone), end; !gone && at != end; at.increment(gone)) {
    std::error_code closed;
    const std::string file = fs::read_symlink(at->path(), closed).string();
    const bool is_socket = file.starts_with("socket:");
    if (!is_socket && !file.starts_with("/memfd:")) continue;
    struct stat info {};
    if (::stat(at->path().c_str(), &info) == 0)
      out[{info.st_dev, info.st_ino}] = is_socket ? kSocketBytes : static_cast<std::uintmax_t>(info.st_blocks) * 512;
  }
}

// The same of mappings that no descriptor leads to any more, and of shared memory without a name. It stays when the
// process lets go of the pages, so that its size counts where the kernel does not tell its blocks.
void add_memory_mappings(MemoryFiles& out, const MemoryFiles& open, pid_t pid) {
  std::ifstream in(fmt::format("/proc/{}/maps", pid));
  for (std::string line; std::getline(in, line);) {
    if (line.find(" /memfd:") == std::string::npos && line.find(" /dev/zero (deleted)") == std::string::npos) continue;
    unsigned long long first = 0, last = 0, offset = 0, inode = 0;
    unsigned major = 0, minor = 0;
    if (std::sscanf(line.c_str(), "%llx-%llx %*4s %llx %x:%x %llu", &first, &last, &offset, &major, &minor, &inode) !=
        6)
      continue;
    const std::pair file(makedev(major, minor), static_cast<ino_t>(inode));
    if (open.contains(file)) continue;
    struct stat info {};
    const bool told = ::stat(fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, first, last).c_str(), &info) == 0;
    const std::uintmax_t bytes = told ? static_cast<std::uintmax_t>(info.st_blocks) * 512 : offset + last - first;
    out[file] = std::max(out[file], bytes);
  }
}

constexpr std::uintmax_t kInodeBytes = 1024;  // of the kernel, for a file or directory of tmpfs

// What the file systems in memory hold that the process sees and we do not, by device.
void add_memory_mounts(std::map<dev_t, std::uintmax_t>& out, pid_t pid) {
  for (const char* mount : {"/tmp", "/dev", "/dev/shm"}) {
    struct stat theirs {
    }, ours{};
    struct statfs room {};
    const std::string path = fmt::format("/proc/{}/root{}", pid, mount);
    if (::stat(path.c_str(), &theirs) != 0 || ::statfs(path.c_str(), &room) != 0 || room.f_type != TMPFS_MAGIC)
      continue;
    if (::stat(mount, &ours) == 0 && ours.st_dev == theirs.st_dev) continue;
    out[theirs.st_dev] =
        static_cast<std::uintmax_t>(room.f_blocks - room.f_bfree) * static_cast<uint64_t>(room.f_bsize) +
        static_cast<std::uintmax_t>(room.f_files - room.f_ffree) * kInodeBytes;
  }
}

// Memory that belongs to files rather than processes.
std::uintmax_t file_bytes(const std::vector<pid_t>& pids) {
  MemoryFiles open, mapped;
  std::map<dev_t, std::uintmax_t> mounts;
  for (const pid_t pid : pids) add_memory_files(open, pid), add_memory_mounts(mounts, pid);
  for (const pid_t pid : pids) add_memory_mappings(mapped, open, pid);
  std::uintmax_t held = 0;
  for (const MemoryFiles* files : {&open, &mapped})
    for (const auto& [file, bytes] : *files) held += bytes;
  for (const auto& [device, bytes] : mounts) held += bytes;
  return held;
}

}  // namespace

std::uintmax_t default_memory_limit() {
  constexpr std::uintmax_t kNone = std::numeric_limits<std::uintmax_t>::max();
  const std::uintmax_t machine = value_in("/proc/meminfo", "MemTotal:").value_or(kNone);
  const std::uintmax_t group = value_in(group_file("memory.max", "memory.limit_in_bytes"), "").value_or(kNone);
  return std::min(machine, group) / 16 * 15;
}

int64_t oom_kills() {
  return static_cast<int64_t>(value_in(group_file("memory.events", "memory.oom_control"), "oom_kill ").value_or(0));
}

Usage usage_but(const std::set<pid_t>& spared, std::uintmax_t most_bytes) {
  const auto all = all_processes();
  std::multimap<pid_t, pid_t> children;
  for (const auto& [pid, stat] : all) children.emplace(stat.parent, pid);
  Usage out;
  std::vector<pid_t> ours = {::getpid()};
  for (size_t i = 0; i < ours.size(); ++i)
    for (auto [at, end] = children.equal_range(ours[i]); at != end; ++at)
      if (!spared.contains(at->second)) ours.push_back(at->second);
  ours.erase(ours.begin());
  for (const pid_t pid : ours) out.tasks += all.at(pid).threads;
  const std::uintmax_t in_files = file_bytes(ours);
  for (const bool shared : {false, true}) {
    out.bytes = in_files;
    for (const pid_t pid : ours)
      out.bytes += own_bytes(pid, shared).value_or(static_cast<std::uintmax_t>(all.at(pid).resident_bytes));
    if (out.bytes <= most_bytes) break;
  }
  return out;
}

}  // namespace pgolf
