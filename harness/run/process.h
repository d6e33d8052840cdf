// Processes by an identity that outlives their number, and the locks by which a supervisor shows that it lives.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "db/rows.h"

namespace pgolf {

// Of /proc/PID/stat.
struct ProcessStat {
  bool ended = false;  // and not yet reaped
  pid_t parent = 0;
  int64_t threads = 0, start = 0, resident_bytes = 0;  // start: clock ticks after boot
};
std::optional<ProcessStat> process_stat(int64_t pid);
std::map<pid_t, ProcessStat> all_processes();

std::string boot_id();                              // "" where the kernel tells none
std::optional<int64_t> process_start(int64_t pid);  // nothing if there is no such process or it has ended
ProcessId current_process();
bool is_alive(const ProcessId& process);

// An exclusive flock on a file, held until destruction or death; children do not inherit it.
class FileLock {
 public:
  // Creates the file; follows no link. Nothing if another process holds the lock. Errors: machine if the file cannot
  // be made.
  static std::optional<FileLock> try_lock(const std::filesystem::path& path);
  // Whether some process holds it; false if there is no such file.
  static bool is_held(const std::filesystem::path& path);

  ~FileLock();
  FileLock(FileLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

// Thrown between phases and in long work of our own once an interrupt was noted; the program exits 130 or 143.
struct Interrupted {
  std::string what;  // one line: what was given up and what is kept
};

// SIGINT and SIGTERM, once install() was called: noted instead of deadly. The second one within a phase ends it at
// once.
class Interrupts {
 public:
  static void install();
  static int count();
  static int signal();     // the first one, 0 if none
  static int exit_code();  // 130 or 143
};

}  // namespace pgolf
