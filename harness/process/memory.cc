#include "harness/process/memory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/process_id.h"

namespace pgolf {
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

// Its resident memory with each shared page divided among those who share it; nothing where the kernel does not tell.
std::optional<std::uintmax_t> proportional_bytes(pid_t pid) {
  return value_in(fmt::format("/proc/{}/smaps_rollup", pid), "Pss:");
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
  const auto resident = [&](pid_t pid) { return static_cast<std::uintmax_t>(all.at(pid).resident_bytes); };
  for (const pid_t pid : ours) out.bytes += resident(pid), out.tasks += all.at(pid).threads;
  if (out.bytes <= most_bytes) return out;
  out.bytes = 0;
  for (const pid_t pid : ours) out.bytes += proportional_bytes(pid).value_or(resident(pid));
  return out;
}

}  // namespace pgolf
