#include "harness/process/supervise.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/message.h"
#include "base/process_id.h"
#include "base/utf8.h"
#include "harness/process/fault.h"
#include "harness/process/interrupts.h"
#include "harness/process/spawn.h"

namespace pgolf {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kPollMs = 50;
constexpr double kHeartbeatMs = 5000;
constexpr double kLookMs = 1000;  // between two looks at what the phase has written
constexpr int64_t kMostFiles = 10'000;
constexpr std::uintmax_t kMostOutput = 64 << 20;  // of standard output, and of standard error

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// The child and its group, from fork to the last process's end.
class Group {
 public:
  Group(pid_t pid, std::set<pid_t> others)
      : pid_(pid), others_(std::move(others)), fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  ~Group() {
    if (!done_) {
      send(SIGKILL);
      reap();
    }
    end_children_but(others_, usage_);
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
    end_children_but(others_, usage_);
    return true;
  }

  const std::set<pid_t>& others() const { return others_; }
  int status() const { return status_; }
  const rusage& usage() const { return usage_; }

 private:
  void reap() {
    while (::wait4(pid_, &status_, 0, &usage_) < 0 && errno == EINTR) {
    }
    done_ = true;
  }

  pid_t pid_;
  std::set<pid_t> others_;  // children that we had before
  int fd_;
  bool done_ = false;
  int status_ = 0;
  rusage usage_{};
};

// A limit that was gone over: of what, as PhaseEnd::over has it, and in words.
struct Excess {
  const char* of = "";
  std::string words;
};

// Why we are ending the phase, and when we began to.
struct Ending {
  std::optional<Outcome> why;
  Excess excess;  // of a limit
  double since_ms = 0;
  int interrupts = 0;

  void begin(Outcome outcome, double now_ms, const Group& group, Excess over = {}, int signal = SIGTERM) {
    why = outcome;
    excess = std::move(over);
    since_ms = now_ms;
    interrupts = Interrupts::count();
    group.send(signal);
  }
};

// What the phase has written beyond what any needs. No engine needs a directory that we may not look into.
std::optional<Excess> too_much(const PhaseCommand& command) {
  std::error_code gone;  // a file may vanish while we look
  for (const auto& file : {command.stdout_file, command.stderr_file})
    if (const auto size = std::filesystem::file_size(file, gone); !gone && size > kMostOutput)
      return Excess{"output", fmt::format("it printed more than {} MB", kMostOutput >> 20)};
  std::uintmax_t total = 0;
  int64_t files = 0;
  for (std::filesystem::recursive_directory_iterator at(command.directory, gone), end; !gone && at != end;
       at.increment(gone)) {
    std::error_code no_file;
    if (const auto size = at->is_regular_file(no_file) ? at->file_size(no_file) : 0; !no_file) total += size;
    if (total > command.most_bytes || ++files > kMostFiles)
      return Excess{"files", fmt::format("it left more than {} MB or {} files in its directory",
                                         command.most_bytes >> 20, kMostFiles)};
  }
  if (gone && gone != std::errc::no_such_file_or_directory)
    return Excess{"files", "it made a directory that cannot be looked into"};
  return std::nullopt;
}

// What the phase's processes hold beyond what they may.
std::optional<Excess> too_large(const PhaseCommand& command, const Group& group) {
  const auto gib = [](std::uintmax_t bytes) { return static_cast<double>(bytes) / (std::uintmax_t{1} << 30); };
  const Usage used = usage_but(group.others(), command.most_memory);
  if (used.bytes > command.most_memory)
    return Excess{"memory", fmt::format("it held {:.2f} GiB of memory, {:.2f} GiB is its limit (--memory-limit)",
                                        gib(used.bytes), gib(command.most_memory))};
  if (used.tasks > command.most_tasks)
    return Excess{"processes",
                  fmt::format("it had {} processes and threads, {} is the limit", used.tasks, command.most_tasks)};
  return std::nullopt;
}

double limit_clock_start(const PhaseCommand& command, const EventTail& tail) {
  return command.limit->part.empty() ? 0 : tail.started_ms(command.limit->part).value_or(0);
}

std::string tail_of(const std::filesystem::path& file) {
  try {
    return read_end(file, 65536);
  } catch (const Error&) {
    return "";
  }
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
    end.over = ending.excess.of;
    end.message = "ended by pgolf: " + ending.excess.words;
  } else if (end.exit_code == 0) {
    end.outcome = Outcome::ok;
  } else if (speaks_of_memory(words) || (end.signal == SIGKILL && oom_killed)) {
    end.outcome = Outcome::out_of_memory;
    end.message = words.empty() ? "out of memory: killed by the kernel" : words;
  } else if (end.signal == SIGXFSZ) {
    end.outcome = Outcome::limit;
    end.over = "files";
    end.message = fmt::format("ended by the kernel: it wrote a file of more than {} GiB", kMostPhaseFileBytes >> 30);
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
  return as_message(best.empty() ? last : best);
}

PhaseEnd supervise(const PhaseCommand& command, const PhaseObserver& observer) {
  const int64_t oom_before = oom_kills();
  const auto start = Clock::now();
  std::set<pid_t> others = children();
  const Spawned child = spawn(command);
  Group group(child.pid, std::move(others));
  std::optional<Watch> watch;
  if (child.listener >= 0) watch.emplace(child.listener, *command.watch);
  observer.started({boot_id(), child.pid, process_start(child.pid).value_or(0)});

  EventTail tail(command.events);
  Ending ending;
  double beat_ms = 0, look_ms = 0;
  while (!group.ended()) {
    const double now = ms_since(start);
    tail.poll(now);
    observer.progress(tail, now);
    if (now - beat_ms >= kHeartbeatMs) beat_ms = now, observer.heartbeat();
    if (!ending.why && Interrupts::count() > 0) ending.begin(Outcome::interrupted, now, group);
    if (!ending.why && command.limit && now - limit_clock_start(command, tail) > command.limit->ms)
      ending.begin(Outcome::limit, now, group,
                   {"time", fmt::format("over its limit of {:g} s", command.limit->ms / 1e3)});
    if (!ending.why && now - look_ms >= kLookMs) {
      look_ms = now;
      if (auto large = too_large(command, group))
        ending.begin(Outcome::limit, now, group, std::move(*large), SIGKILL);  // a grace would let it grow
      else if (auto much = too_much(command))
        ending.begin(Outcome::limit, now, group, std::move(*much));
    }
    if (ending.why && (now - ending.since_ms > command.grace_ms || Interrupts::count() > ending.interrupts))
      group.send(SIGKILL);
  }
  PhaseEnd end;
  end.wall_ms = ms_since(start);
  tail.poll(end.wall_ms);
  observer.progress(tail, end.wall_ms);
  end.span_ms = tail.spans_ms(), end.late_ms = tail.late_ms();
  if (watch)
    watch->end(), end.watched = watch->watched(), end.denied = watch->attempts(), end.libraries = watch->libraries();
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
    case Outcome::out_of_memory: return static_cast<int>(ErrorKind::machine);
    case Outcome::killed:
      return static_cast<int>(comes_from_others(end.signal) ? ErrorKind::machine : ErrorKind::submission);
    case Outcome::exception: break;
  }
  const int64_t code = end.exit_code.value_or(4);
  return code >= 2 && code <= 8 ? static_cast<int>(code) : static_cast<int>(ErrorKind::submission);
}

}  // namespace pgolf
