#include "engine/dist/launch.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/dist/status.h"
#include "engine/dist/team.h"

namespace pgolf {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook(20);
constexpr std::chrono::seconds kCauseWithin(
    2);                         // a process whose peer was lost may be seen before the one that was lost
constexpr int kHungTimes = 20;  // the longest pause so far

struct Ended {
  int process = 0, status = 0;
  bool well() const { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
  bool lost_peer() const { return WIFEXITED(status) && WEXITSTATUS(status) == kPeerLost; }
};

class Launcher {
 public:
  Launcher(int processes, Clock::duration hung_after) : team_(processes), hung_after_(hung_after) {}

  void start(const std::function<Device(int)>& device_of, const std::function<void(Comm&)>& body) {
    const pid_t parent = ::getpid();
    for (int p = 0; p < team_.processes(); ++p) {
      std::fflush(nullptr);
      const pid_t pid = ::fork();
      if (pid < 0) {
        const int error = errno;
        end_all();
        fail(ErrorKind::machine, "process {} of {} could not be started: {}", p, team_.processes(),
             std::strerror(error));
      }
      if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(kPeerLost);
        const int status = status_of([&] { body(*team_.join(p, device_of(p))); });
        std::fflush(nullptr);
        ::_exit(status);
      }
      pids_.push_back(pid);
    }
    watched_.resize(pids_.size());
    team_.leave();
  }

  // The first process that ended badly, if any did.
  std::optional<Ended> wait() {
    std::optional<Ended> first;
    Clock::time_point deadline{};
    while (running() > 0 && (!first || (first->lost_peer() && Clock::now() < deadline))) {
      if (const auto ended = reap()) {
        if (ended->well()) continue;
        if (!first || first->lost_peer()) {
          if (!first) deadline = Clock::now() + kCauseWithin;
          first = ended;
        }
        continue;
      }
      if (!first && find_hung()) return std::nullopt;
      ::usleep(std::chrono::duration_cast<std::chrono::microseconds>(kLook).count());
    }
    return first;
  }

  std::optional<int> hung() const { return hung_; }

  void end_all() {
    for (pid_t& pid : pids_)
      if (pid > 0) ::kill(pid, SIGKILL);
    for (pid_t& pid : pids_)
      if (pid > 0) ::waitpid(std::exchange(pid, 0), nullptr, 0);
  }

 private:
  struct Watched {
    int64_t beats = 0;
    Clock::time_point since = Clock::now();
    Clock::duration longest{};
  };

  int64_t running() const {
    return std::count_if(pids_.begin(), pids_.end(), [](pid_t pid) { return pid > 0; });
  }

  std::optional<Ended> reap() {
    for (size_t p = 0; p < pids_.size(); ++p) {
      int status = 0;
      if (pids_[p] > 0 && ::waitpid(pids_[p], &status, WNOHANG) == pids_[p]) {
        pids_[p] = 0;
        return Ended{static_cast<int>(p), status};
      }
    }
    return std::nullopt;
  }

  // The process that has been still the longest, if that is too long. Before its second sign of life nothing is known
  // of its pace: it opens data and devices.
  bool find_hung() {
    const Clock::time_point now = Clock::now();
    for (size_t p = 0; p < watched_.size(); ++p) {
      const Pulse& pulse = team_.pulse(static_cast<int>(p));
      Watched& w = watched_[p];
      if (const int64_t beats = pulse.beats; beats != w.beats || pulse.waiting || pids_[p] == 0) {
        if (w.beats > 1) w.longest = std::max(w.longest, now - w.since);
        w.beats = beats, w.since = now;
      }
    }
    const auto stillest = std::min_element(watched_.begin(), watched_.end(),
                                           [](const Watched& a, const Watched& b) { return a.since < b.since; });
    if (stillest->beats < 2 || now - stillest->since < std::max(hung_after_, kHungTimes * stillest->longest))
      return false;
    hung_ = static_cast<int>(stillest - watched_.begin());
    return true;
  }

  Team team_;
  Clock::duration hung_after_;
  std::vector<pid_t> pids_;  // 0: it has ended
  std::vector<Watched> watched_;
  std::optional<int> hung_;
};

std::string signal_text(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? std::to_string(signal) : fmt::format("{} (SIG{})", signal, name);
}

}  // namespace

int launch(int processes, const std::function<Device(int)>& device_of, const std::function<void(Comm&)>& body,
           std::chrono::seconds hung_after) {
  Launcher launcher(processes, hung_after);
  launcher.start(device_of, body);
  const std::optional<Ended> bad = launcher.wait();
  launcher.end_all();
  if (launcher.hung()) {
    fmt::print(stderr, "pgolf-engine: process {} of {} hung: it showed no sign of life while the others went on\n",
               *launcher.hung(), processes);
    return static_cast<int>(ErrorKind::machine);
  }
  if (!bad) return 0;
  if (WIFEXITED(bad->status) && !bad->lost_peer()) {
    fmt::print(stderr, "pgolf-engine: process {} of {} failed (above), so the others were ended\n", bad->process,
               processes);
    return WEXITSTATUS(bad->status);
  }
  const std::string how =
      WIFSIGNALED(bad->status) ? "was ended by signal " + signal_text(WTERMSIG(bad->status)) : "lost the others";
  fmt::print(stderr, "pgolf-engine: process {} of {} {}, so the others were ended\n", bad->process, processes, how);
  return static_cast<int>(ErrorKind::machine);
}

}  // namespace pgolf
