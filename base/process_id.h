// A process, named so that a later one with the same number is not taken for it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace pgolf {

struct ProcessId {
  std::string boot_id;
  int64_t pid = 0;
  int64_t start = 0;  // clock ticks after boot
  bool operator==(const ProcessId&) const = default;
};

// Fields of /proc/PID/stat.
struct ProcessStat {
  bool ended = false;  // and not yet reaped
  pid_t parent = 0;
  int64_t threads = 0, start = 0, resident_bytes = 0;  // start: clock ticks after boot
};
std::optional<ProcessStat> process_stat(int64_t pid);
std::map<pid_t, ProcessStat> all_processes();

std::string boot_id();                              // "" where the kernel does not give one
std::optional<int64_t> process_start(int64_t pid);  // nothing if there is no such process or it has ended
ProcessId current_process();
bool is_alive(const ProcessId& process);

}  // namespace pgolf
