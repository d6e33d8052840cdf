#include "harness/run/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

namespace pgolf {
namespace {

void redirect(const char* path, int target, int flags) {
  const int fd = ::open(path, flags, 0644);
  if (fd < 0) ::_exit(127);
  if (fd != target) {
    ::dup2(fd, target);
    ::close(fd);
  }
}

void limit(__rlimit_resource resource, rlim_t most) {
  rlimit now{};
  ::getrlimit(resource, &now);
  const rlimit wanted{std::min(most, now.rlim_max), std::min(most, now.rlim_max)};
  ::setrlimit(resource, &wanted);
}

// Between fork and exec only async-signal-safe calls are allowed, so everything is prepared before.
struct Spawn {
  std::vector<char*> argv, environment;
  std::string directory, out, err;
  pid_t parent;

  [[noreturn]] void exec() const {
    ::setsid();  // a group of its own, without a terminal that it could type into
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // it died before it could be followed
    for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) ::signal(signal, SIG_DFL);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, kMostFileBytes);
    if (const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); fd >= 0) {
      (void)!::write(fd, "1000", 4);
      ::close(fd);
    }
    redirect("/dev/null", STDIN_FILENO, O_RDONLY);
    redirect(out.c_str(), STDOUT_FILENO, O_WRONLY | O_CREAT | O_TRUNC);
    redirect(err.c_str(), STDERR_FILENO, O_WRONLY | O_CREAT | O_TRUNC);
    ::syscall(SYS_close_range, 3U, ~0U, 0U);  // what whoever started us left open
    if (::chdir(directory.c_str()) != 0) ::_exit(127);
    ::execve(argv[0], argv.data(), environment.data());
    static constexpr char kMessage[] = "pgolf-engine: the program cannot be started\n";
    (void)!::write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
    ::_exit(127);
  }
};

// The parent in /proc/<pid>/stat, proc(5): "pid (name) state ppid", where the name may hold anything.
pid_t parent_of(const std::filesystem::path& process) {
  std::ifstream in(process / "stat");
  std::string stat;
  std::getline(in, stat);
  const auto name_end = stat.rfind(')');
  pid_t parent = 0;
  if (name_end != std::string::npos && name_end + 4 < stat.size())
    std::from_chars(stat.data() + name_end + 4, stat.data() + stat.size(), parent);
  return parent;
}

}  // namespace

pid_t spawn(const PhaseCommand& command) {
  Spawn s{{}, {}, command.directory.string(), command.stdout_file.string(), command.stderr_file.string(), ::getpid()};
  for (const std::string& a : command.argv) s.argv.push_back(const_cast<char*>(a.c_str()));
  for (const std::string& e : command.environment) s.environment.push_back(const_cast<char*>(e.c_str()));
  s.argv.push_back(nullptr);
  s.environment.push_back(nullptr);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t pid = ::fork();
  if (pid < 0) fail(ErrorKind::machine, "the engine could not be started: {}", std::strerror(errno));
  if (pid == 0) s.exec();
  return pid;
}

std::set<pid_t> children() {
  std::set<pid_t> out;
  std::error_code gone;
  for (std::filesystem::directory_iterator at("/proc", gone), end; !gone && at != end; at.increment(gone)) {
    const std::string name = at->path().filename().string();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ptr == name.data() + name.size() && parent_of(at->path()) == ::getpid()) out.insert(pid);
  }
  return out;
}

void end_children_but(const std::set<pid_t>& spared, rusage& usage) {
  for (bool more = true; more;) {  // a child's own children come to us when it is gone
    more = false;
    for (const pid_t pid : children()) {
      if (spared.contains(pid)) continue;
      ::kill(pid, SIGKILL);
      rusage used{};
      if (::wait4(pid, nullptr, 0, &used) == pid) {
        timeradd(&usage.ru_utime, &used.ru_utime, &usage.ru_utime);
        timeradd(&usage.ru_stime, &used.ru_stime, &usage.ru_stime);
        usage.ru_maxrss = std::max(usage.ru_maxrss, used.ru_maxrss);
      }
      more = true;
    }
  }
}

}  // namespace pgolf
