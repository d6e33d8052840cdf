#include "base/process_id.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace pgolf {

std::string boot_id() {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(in, id);
  return id;
}

std::optional<ProcessStat> process_stat(int64_t pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string stat;
  std::getline(in, stat);
  const auto name_end = stat.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(stat.substr(name_end + 1));
  ProcessStat out;
  std::string field;
  for (int i = 3; i <= 24; ++i) {  // numbered as in proc(5)
    if (!(fields >> field)) return std::nullopt;
    switch (i) {
      case 3: out.ended = field == "Z" || field == "X"; break;
      case 4: out.parent = static_cast<pid_t>(std::stoll(field)); break;
      case 20: out.threads = std::stoll(field); break;
      case 22: out.start = std::stoll(field); break;
      case 24: out.resident_bytes = std::stoll(field) * ::sysconf(_SC_PAGESIZE); break;
      default: break;
    }
  }
  return out;
}

std::map<pid_t, ProcessStat> all_processes() {
  std::map<pid_t, ProcessStat> out;
  std::error_code gone;
  for (std::filesystem::directory_iterator at("/proc", gone), end; !gone && at != end; at.increment(gone)) {
    const std::string name = at->path().filename().string();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ptr != name.data() + name.size()) continue;
    if (const auto stat = process_stat(pid)) out.emplace(pid, *stat);
  }
  return out;
}

std::optional<int64_t> process_start(int64_t pid) {
  const auto stat = process_stat(pid);
  return stat && !stat->ended ? std::optional(stat->start) : std::nullopt;
}

ProcessId current_process() { return {boot_id(), ::getpid(), process_start(::getpid()).value_or(0)}; }

bool is_alive(const ProcessId& process) {
  return process.pid > 0 && process.boot_id == boot_id() && process_start(process.pid) == process.start;
}

}  // namespace pgolf
