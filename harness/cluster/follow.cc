// Waiting for the bundles of a sweep: the folder is looked at often, Slurm is asked seldom.
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/notice.h"
#include "harness/cluster/bounded.h"
#include "harness/cluster/slurm_sweep.h"
#include "harness/process/interrupts.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kSoonest_s = 2, kLatest_s = 60;
constexpr int kSilences = 3;  // after which it is said that Slurm does not answer

class Follower {
 public:
  Follower(const SlurmSweep& slurm, const Follow& what)
      : slurm_(slurm), what_(what), left_(what.tasks.begin(), what.tasks.end()), ask_at_(Clock::now()) {}

  std::map<size_t, std::string> run() {
    Interrupts::install();
    while (!left_.empty()) {
      if (Interrupts::count() > 0)
        throw Interrupted{fmt::format("interrupted; {} tasks go on, `pgolf sweep collect {} --wait` takes them in",
                                      left_.size(), what_.directory.string())};
      take_bundles();
      if (Clock::now() >= ask_at_) ask();
      if (!left_.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
    // What Slurm would start again of tasks that are over.
    run_bounded({"scancel", "--state=PENDING", "--name=" + slurm_.job_name()}, kSlurmTimeout_s);
    return ended_;
  }

 private:
  void take_bundles() {
    for (auto task = left_.begin(); task != left_.end();) {
      std::error_code error;
      if (!fs::exists(bundle_of(what_.directory, *task), error)) {
        ++task;
        continue;
      }
      what_.arrived(*task);
      task = left_.erase(task);
    }
  }

  void ask() {
    const auto queued = queue_of(slurm_);
    if (!queued) {
      if (++silences_ == kSilences) notice("Slurm does not answer; this says nothing of the runs, and is asked again");
      return wait_longer();
    }
    silences_ = 0;
    take_bundles();  // what was published before Slurm was asked
    std::map<std::string, std::vector<size_t>> said;
    for (const size_t task : std::vector<size_t>(left_.begin(), left_.end())) {
      const auto known = queued->find(task);
      if (known == queued->end()) {
        gone(task, "Slurm knows nothing of it, and it left no bundle");
        continue;
      }
      const QueueState state = queue_state(known->second);
      said[explained(known->second)].push_back(task);
      if (state == QueueState::held && known->second.reason.find("launch failed") != std::string::npos)
        run_bounded({"scontrol", "release", fmt::format("{}_{}", known->second.job, known->second.index)},
                    kSlurmTimeout_s);
      if (state == QueueState::ended)
        gone(task, explained(known->second));
      else
        gone_since_.erase(task);
    }
    tell(said);
  }

  // Ended, as far as Slurm says; its bundle may still show up.
  void gone(size_t task, const std::string& why) {
    const auto [since, fresh] = gone_since_.emplace(task, Clock::now());
    if (std::chrono::duration<double>(Clock::now() - since->second).count() < what_.grace_s) return;
    const std::string words = last_words(what_.directory, task);
    ended_[task] = why + (words.empty() ? "" : "; its last words: " + words);
    left_.erase(task);
  }

  void tell(const std::map<std::string, std::vector<size_t>>& said) {
    if (said == said_) return wait_longer();
    for (const auto& [what, tasks] : said) notice("tasks {}: {}", index_text(tasks), what);
    said_ = said;
    delay_ = kSoonest_s;
    ask_at_ = Clock::now() + std::chrono::milliseconds(static_cast<int64_t>(delay_ * 1e3));
  }

  void wait_longer() {
    // While a grace runs, its end must be seen.
    delay_ =
        std::min({delay_ * 2, kLatest_s, gone_since_.empty() ? kLatest_s : std::max(kSoonest_s, what_.grace_s / 2)});
    ask_at_ = Clock::now() + std::chrono::milliseconds(static_cast<int64_t>(delay_ * 1e3));
  }

  const SlurmSweep& slurm_;
  const Follow& what_;
  std::set<size_t> left_;
  std::map<size_t, std::string> ended_;
  std::map<size_t, Clock::time_point> gone_since_;
  std::map<std::string, std::vector<size_t>> said_;
  int silences_ = 0;
  double delay_ = kSoonest_s;
  Clock::time_point ask_at_;
};

}  // namespace

std::map<size_t, std::string> follow(const SlurmSweep& slurm, const Follow& what) {
  return Follower(slurm, what).run();
}

}  // namespace pgolf
