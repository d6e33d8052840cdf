#include "harness/supervise.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>

#include "engine/data/utf8.h"
#include "harness/process.h"

namespace pgolf {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kPollMs = 50;
constexpr double kHeartbeatMs = 5000;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// OOM kills that the kernel has counted for our control group, version 2 or 1; 0 where it counts none.
int64_t oom_kills() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    const std::string file = controllers.empty()       ? "/sys/fs/cgroup" + group + "/memory.events"
                             : controllers == "memory" ? "/sys/fs/cgroup/memory" + group + "/memory.oom_control"
                                                       : "";
    std::ifstream in(file);
    for (std::string key; in >> key;) {
      int64_t value = 0;
      in >> value;
      if (key == "oom_kill") return value;
    }
  }
  return 0;
}

void redirect(const char* path, int target, int flags) {
  const int fd = ::open(path, flags, 0644);
  if (fd < 0) ::_exit(127);
  if (fd != target) {
    ::dup2(fd, target);
    ::close(fd);
  }
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
    redirect("/dev/null", STDIN_FILENO, O_RDONLY);
    redirect(out.c_str(), STDOUT_FILENO, O_WRONLY | O_CREAT | O_TRUNC);
    redirect(err.c_str(), STDERR_FILENO, O_WRONLY | O_CREAT | O_TRUNC);
    if (::chdir(directory.c_str()) != 0) ::_exit(127);
    ::execve(argv[0], argv.data(), environment.data());
    static constexpr char kMessage[] = "pgolf-engine: the program cannot be started\n";
    (void)!::write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
    ::_exit(127);
  }
};

pid_t spawn(const PhaseCommand& command) {
  Spawn s{{}, {}, command.directory.string(), command.stdout_file.string(), command.stderr_file.string(), ::getpid()};
  for (const std::string& a : command.argv) s.argv.push_back(const_cast<char*>(a.c_str()));
  for (const std::string& e : command.environment) s.environment.push_back(const_cast<char*>(e.c_str()));
  s.argv.push_back(nullptr);
  s.environment.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) fail(ErrorKind::machine, "the engine could not be started: {}", std::strerror(errno));
  if (pid == 0) s.exec();
  return pid;
}

// The child and its group, from fork to the last process's end.
class Group {
 public:
  explicit Group(pid_t pid) : pid_(pid), fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  ~Group() {
    if (!done_) {
      send(SIGKILL);
      reap();
    }
    if (fd_ >= 0) ::close(fd_);
  }

  void send(int signal) const {
    ::kill(-pid_, signal);
    ::kill(pid_, signal);  // before its setsid() there is no group yet
  }

  // Waits a moment for the end. A pidfd wakes us at once; where the kernel has none, we look again after the moment.
  bool ended() {
    if (done_) return true;
    if (fd_ >= 0) {
      pollfd p{fd_, POLLIN, 0};
      ::poll(&p, 1, kPollMs);
    } else {
      ::poll(nullptr, 0, kPollMs / 5);
    }
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    if (info.si_pid != pid_) return false;
    // While the leader is not reaped, its number is not given to anybody else: now end what it left running.
    ::kill(-pid_, SIGKILL);
    reap();
    return true;
  }

  int status() const { return status_; }
  const rusage& usage() const { return usage_; }

 private:
  void reap() {
    while (::wait4(pid_, &status_, 0, &usage_) < 0 && errno == EINTR) {
    }
    done_ = true;
  }

  pid_t pid_;
  int fd_;
  bool done_ = false;
  int status_ = 0;
  rusage usage_{};
};

// Why we are ending the phase, and when we began to.
struct Ending {
  std::optional<Outcome> why;
  double since_ms = 0;
  int interrupts = 0;

  void begin(Outcome outcome, double now_ms, const Group& group) {
    why = outcome;
    since_ms = now_ms;
    interrupts = Interrupts::count();
    group.send(SIGTERM);
  }
};

double limit_clock_start(const PhaseCommand& command, const EventTail& tail) {
  return command.limit->part.empty() ? 0 : tail.started_ms(command.limit->part).value_or(0);
}

std::string tail_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  const std::streamoff size = in ? static_cast<std::streamoff>(in.tellg()) : 0,
                       from = std::max<std::streamoff>(0, size - 65536);
  std::string text(static_cast<size_t>(size - from), '\0');
  in.seekg(from);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

bool speaks_of_memory(const std::string& message) {
  return message.find("out of memory") != std::string::npos || message.find("bad_alloc") != std::string::npos ||
         message.find("cudaErrorMemoryAllocation") != std::string::npos;
}

double ms_of(const timeval& t) { return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3; }

void classify(PhaseEnd& end, const Ending& ending, const PhaseCommand& command, bool oom_killed) {
  const std::string words = last_words(tail_of(command.stderr_file));
  if (ending.why == Outcome::interrupted) {
    end.outcome = Outcome::interrupted;
    end.message = "interrupted";
  } else if (ending.why == Outcome::limit) {
    end.outcome = Outcome::limit;
    end.message = fmt::format("ended by pgolf: over its limit of {:g} s", command.limit->ms / 1e3);
  } else if (end.exit_code == 0) {
    end.outcome = Outcome::ok;
  } else if (speaks_of_memory(words) || (end.signal == SIGKILL && oom_killed)) {
    end.outcome = Outcome::out_of_memory;
    end.message = words.empty() ? "out of memory: killed by the kernel" : words;
  } else if (end.signal) {
    end.outcome = Outcome::killed;
    end.message = fmt::format("killed by signal {} ({})", *end.signal, ::strsignal(static_cast<int>(*end.signal)));
  } else {
    end.outcome = Outcome::exception;
    end.message = words.empty() ? fmt::format("ended with exit code {} and no message", *end.exit_code) : words;
  }
}

}  // namespace

const char* outcome_name(Outcome outcome) {
  constexpr const char* kNames[] = {"ok", "exception", "out_of_memory", "limit", "killed", "interrupted"};
  return kNames[static_cast<int>(outcome)];
}

std::string last_words(const std::string& text) {
  static constexpr std::string_view kEngine = "pgolf-engine: ";
  std::string best, last;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find_first_of("\r\n", at), text.size());
    std::string line = text.substr(at, end - at);
    std::erase_if(line, [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
    if (line.size() > 500) line.resize(500);
    if (first_invalid_utf8(line) != std::string::npos)
      std::erase_if(line, [](char c) { return static_cast<unsigned char>(c) >= 128; });
    if (line.starts_with(kEngine)) best = line.substr(kEngine.size());
    if (!line.empty()) last = line;
    at = end + 1;
  }
  return best.empty() ? last : best;
}

PhaseEnd supervise(const PhaseCommand& command, const PhaseObserver& observer) {
  const int64_t oom_before = oom_kills();
  const auto start = Clock::now();
  const pid_t pid = spawn(command);
  Group group(pid);
  observer.started({boot_id(), pid, process_start(pid).value_or(0)});

  EventTail tail(command.events);
  Ending ending;
  double beat_ms = 0;
  while (!group.ended()) {
    const double now = ms_since(start);
    tail.poll(now);
    observer.progress(tail, now);
    if (now - beat_ms >= kHeartbeatMs) beat_ms = now, observer.heartbeat();
    if (!ending.why && Interrupts::count() > 0) ending.begin(Outcome::interrupted, now, group);
    if (!ending.why && command.limit && now - limit_clock_start(command, tail) > command.limit->ms)
      ending.begin(Outcome::limit, now, group);
    if (ending.why && (now - ending.since_ms > command.grace_ms || Interrupts::count() > ending.interrupts))
      group.send(SIGKILL);
  }
  PhaseEnd end;
  end.wall_ms = ms_since(start);
  tail.poll(end.wall_ms);
  observer.progress(tail, end.wall_ms);
  end.span_ms = tail.spans_ms();
  end.cpu_ms = ms_of(group.usage().ru_utime) + ms_of(group.usage().ru_stime);
  end.max_rss_bytes = group.usage().ru_maxrss * 1024;
  if (WIFEXITED(group.status())) end.exit_code = WEXITSTATUS(group.status());
  if (WIFSIGNALED(group.status())) end.signal = WTERMSIG(group.status());
  // bubblewrap reports a signal of its child as 128 + signal.
  if (command.argv.front().ends_with("bwrap") && end.exit_code > 128 && *end.exit_code < 128 + 65)
    end.signal = *end.exit_code - 128, end.exit_code.reset();
  classify(end, ending, command, oom_kills() > oom_before);
  return end;
}

int exit_code_of(const PhaseEnd& end) {
  switch (end.outcome) {
    case Outcome::ok: return 0;
    case Outcome::limit: return static_cast<int>(ErrorKind::limit);
    case Outcome::interrupted: return Interrupts::exit_code();
    case Outcome::out_of_memory: return static_cast<int>(end.signal ? ErrorKind::machine : ErrorKind::submission);
    case Outcome::killed: return static_cast<int>(end.signal == SIGKILL ? ErrorKind::machine : ErrorKind::submission);
    case Outcome::exception: break;
  }
  const int64_t code = end.exit_code.value_or(4);
  return code >= 2 && code <= 8 ? static_cast<int>(code) : static_cast<int>(ErrorKind::submission);
}

}  // namespace pgolf
