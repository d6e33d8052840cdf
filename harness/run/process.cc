#include "harness/run/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/error.h"

namespace pgolf {
namespace {

std::atomic<int> interrupt_count = 0, first_signal = 0;

void note_signal(int signal) {
  int none = 0;
  first_signal.compare_exchange_strong(none, signal);
  ++interrupt_count;
}

}  // namespace

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

std::optional<FileLock> FileLock::try_lock(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  if (fd < 0) fail(ErrorKind::machine, "{}: cannot be opened: {}", path.string(), std::strerror(errno));
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return FileLock(fd);
  ::close(fd);
  return std::nullopt;
}

bool FileLock::is_held(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return false;
  const bool held = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(fd);
  return held;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

void Interrupts::install() {
  struct sigaction action {};
  action.sa_handler = note_signal;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGHUP, &action, nullptr);
}

int Interrupts::count() { return interrupt_count; }
int Interrupts::signal() { return first_signal; }
int Interrupts::exit_code() { return 128 + (first_signal ? first_signal.load() : SIGINT); }

}  // namespace pgolf
