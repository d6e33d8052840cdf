#include "harness/process/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/process_id.h"
#include "harness/sandbox/system_calls.h"

namespace pgolf {
namespace {

// Standard output or error to a file of its own: what lies there goes, and no link leads elsewhere.
void forget(const char* path) {
  struct stat info {};
  if (::lstat(path, &info) == 0 && (S_ISREG(info.st_mode) || S_ISLNK(info.st_mode))) ::unlink(path);
}

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

// A copy of descriptor `fd` of a process; -1 where the kernel does not allow it.
int taken_descriptor(pid_t pid, int fd) {
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  const int out = process < 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_getfd, process, fd, 0));
  if (process >= 0) ::close(process);
  return out;
}

// The child's filter asks about messages too, so that its listener is not sent: the child says its number, and waits
// until it was taken.
int take_listener(int socket, pid_t child) {
  int number = -1;
  ssize_t got = 0;
  while ((got = ::read(socket, &number, sizeof number)) < 0 && errno == EINTR) {
  }
  const int out = got == sizeof number ? taken_descriptor(child, number) : -1;
  ::send(socket, &out, sizeof out, MSG_NOSIGNAL);
  return out;
}

// A program that gets its rights by set-user-ID would lose them to the filter.
bool can_watch(const PhaseCommand& command) {
  struct stat program {};
  if (!command.watch || ::stat(command.argv.front().c_str(), &program) != 0 || (program.st_mode & S_ISUID) != 0)
    return false;
  const int tried = taken_descriptor(::getpid(), STDIN_FILENO);  // where that is forbidden nobody could answer
  if (tried < 0) return errno == EBADF;
  return ::close(tried), true;
}

// Between fork and exec only async-signal-safe calls are allowed, so everything is prepared before.
struct Spawn {
  std::vector<char*> argv, environment;
  std::string directory, out, err;
  pid_t parent;
  std::vector<sock_filter> filter = {};  // empty: not watched
  int socket = -1;                       // on which the parent waits for the listener

  [[noreturn]] void exec() const {
    ::setsid();  // a group of its own, without a terminal that it could type into
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // it died before it could be followed
    for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) ::signal(signal, SIG_DFL);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, kMostPhaseFileBytes);
    limit(RLIMIT_NOFILE, kMostDescriptors);
    if (const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); fd >= 0) {
      (void)!::write(fd, "1000", 4);
      ::close(fd);
    }
    redirect("/dev/null", STDIN_FILENO, O_RDONLY);
    forget(out.c_str()), forget(err.c_str());
    redirect(out.c_str(), STDOUT_FILENO, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK);
    redirect(err.c_str(), STDERR_FILENO, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK);
    if (::chdir(directory.c_str()) != 0) ::_exit(127);
    if (!filter.empty())
      if (int listener = install_filter(filter); listener >= 0) {
        (void)!::write(socket, &listener, sizeof listener);
        (void)!::read(socket, &listener, sizeof listener);
      }
    ::syscall(SYS_close_range, 3U, ~0U, 0U);  // what whoever started us left open
    ::execve(argv[0], argv.data(), environment.data());
    static constexpr char kMessage[] = "pgolf-engine: the program cannot be started\n";
    (void)!::write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
    ::_exit(127);
  }
};

}  // namespace

Spawned spawn(const PhaseCommand& command) {
  Spawn s{.argv = {},
          .environment = {},
          .directory = command.directory.string(),
          .out = command.stdout_file.string(),
          .err = command.stderr_file.string(),
          .parent = ::getpid()};
  for (const std::string& a : command.argv) s.argv.push_back(const_cast<char*>(a.c_str()));
  for (const std::string& e : command.environment) s.environment.push_back(const_cast<char*>(e.c_str()));
  s.argv.push_back(nullptr);
  s.environment.push_back(nullptr);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  int sockets[2] = {-1, -1};
  if (can_watch(command) && ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0)
    s.filter = watch_filter(), s.socket = sockets[1];
  Spawned out{.pid = ::fork()};
  if (out.pid == 0) s.exec();
  const int error = errno;
  if (sockets[1] >= 0) ::close(sockets[1]);
  if (out.pid > 0 && sockets[0] >= 0) out.listener = take_listener(sockets[0], out.pid);
  if (sockets[0] >= 0) ::close(sockets[0]);
  if (out.pid < 0) fail(ErrorKind::machine, "the engine could not be started: {}", std::strerror(error));
  return out;
}

std::set<pid_t> children() {
  std::set<pid_t> out;
  for (const auto& [pid, stat] : all_processes())
    if (stat.parent == ::getpid()) out.insert(pid);
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
