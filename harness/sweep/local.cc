#include "harness/sweep/local.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>

#include "base/error.h"
#include "base/notice.h"
#include "base/units.h"
#include "harness/process/file_lock.h"
#include "harness/process/interrupts.h"
#include "harness/sweep/child.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

struct Child {
  pid_t pid = 0;
  size_t task = 0, slot = 0;
  Clock::time_point began;
};

class LocalRunner {
 public:
  LocalRunner(const SweepPlan& plan, const LocalRun& run, std::deque<size_t> tasks)
      : plan_(plan), run_(run), waiting_(std::move(tasks)), total_(waiting_.size()) {
    for (size_t slot = 0; slot < run_.slots.devices.size(); ++slot) free_.push_back(slot);
    fs::create_directories(run_.directory / "logs");
  }

  void run() {
    while (!waiting_.empty() || !children_.empty()) {
      if (Interrupts::count() > 0) give_up();
      while (!waiting_.empty() && !free_.empty()) begin();
      reap();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

 private:
  fs::path log(size_t task, const char* kind) const {
    return run_.directory / "logs" / fmt::format("{}.{}", task, kind);
  }

  void begin() {
    const size_t task = waiting_.front(), slot = free_.back();
    waiting_.pop_front(), free_.pop_back();
    std::vector<std::string> more = {"--device", run_.slots.devices[slot]};
    if (run_.slots.threads > 0) more.insert(more.end(), {"--threads", std::to_string(run_.slots.threads)});
    children_.push_back({start_child(task_command(plan_, task, run_.setting, more), log(task, "out"), log(task, "err")),
                         task, slot, Clock::now()});
  }

  void reap() {
    for (size_t i = 0; i < children_.size();) {
      int status = 0;
      if (::waitpid(children_[i].pid, &status, WNOHANG) != children_[i].pid) {
        ++i;
        continue;
      }
      const Child child = children_[i];
      children_.erase(children_.begin() + static_cast<long>(i));
      ended(child, exit_code_of_child(status));
    }
  }

  void ended(const Child& child, int code) {
    const std::string words = last_line(log(child.task, "err"));
    const bool no_room = code == static_cast<int>(ErrorKind::machine) && words.find("memory:") != std::string::npos;
    if (no_room && !children_.empty()) {  // others hold it: this one waits, and one fewer runs at once from now on
      waiting_.push_front(child.task);
      return;
    }
    free_.push_back(child.slot);
    ++ended_;
    const double seconds = std::chrono::duration<double>(Clock::now() - child.began).count();
    seconds_ += seconds;
    const bool ran = code == 0 || code == 1 || code == 3;
    const double left = seconds_ / static_cast<double>(ended_) * static_cast<double>(total_ - ended_) /
                        static_cast<double>(children_.size() + free_.size());
    notice("{} of {}: {}, seed {}: {} in {:.0f} s{}", ended_, total_, plan_.variant_of(child.task).name,
           plan_.seed_of(child.task), ran ? "done" : fmt::format("exit {}: {}", code, words), seconds,
           ended_ < total_ ? fmt::format("; about {} left", duration_text(left * 1e3)) : "");
  }

  // Each run is recorded as killed by its own pgolf.
  [[noreturn]] void give_up() {
    for (const Child& child : children_) ::kill(child.pid, Interrupts::signal());
    for (const Child& child : children_) ::waitpid(child.pid, nullptr, 0);
    throw Interrupted{fmt::format("sweep: interrupted after {} of {}; `pgolf sweep run {}` goes on", ended_, total_,
                                  run_.directory.string())};
  }

  const SweepPlan& plan_;
  const LocalRun& run_;
  std::deque<size_t> waiting_;
  std::vector<Child> children_;
  std::vector<size_t> free_;
  size_t total_, ended_ = 0;
  double seconds_ = 0;  // of the runs that ended, together
};

}  // namespace

void run_here(const SweepPlan& plan, const LocalRun& run, const std::vector<TaskStatus>& states) {
  Interrupts::install();
  const auto lock = FileLock::try_lock(run.directory / "lock");
  if (!lock) fail(ErrorKind::usage, "{}: another pgolf runs this sweep", run.directory.string());
  std::deque<size_t> tasks;
  for (size_t task = 0; task < states.size(); ++task)
    if (states[task].state == TaskState::planned || (states[task].state == TaskState::failed && run.again_failed))
      tasks.push_back(task);
  if (tasks.empty()) return;
  notice("{} runs, {} at once ({})", tasks.size(), run.slots.devices.size(), run.slots.why);
  LocalRunner(plan, run, std::move(tasks)).run();
}

}  // namespace pgolf
