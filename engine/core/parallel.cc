#include "engine/core/parallel.h"

#include <cblas.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace pgolf {
namespace {

thread_local bool inside_piece = false;

// Workers sleep until a job is open and take pieces by a shared counter. The caller works too, closes the job when no
// piece is left, and waits only for workers that joined: on a busy machine one that is late to wake holds nobody up.
class Pool {
 public:
  explicit Pool(int threads) {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
  }

  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  void run(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
    const std::lock_guard one_job(job_mutex_);
    {
      const std::lock_guard lock(mutex_);
      body_ = &body, n_ = n, grain_ = grain, next_ = 0;
      error_ = nullptr;
      open_ = true;
      ++job_;
    }
    wake_.notify_all();
    take_pieces();
    std::unique_lock lock(mutex_);
    open_ = false;
    done_.wait(lock, [this] { return busy_ == 0; });
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void work() {
    uint64_t seen = 0;
    while (true) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return stopping_ || (open_ && job_ != seen); });
        if (stopping_) return;
        seen = job_;
        ++busy_;
      }
      take_pieces();
      const std::lock_guard lock(mutex_);
      if (--busy_ == 0) done_.notify_one();
    }
  }

  void take_pieces() {
    inside_piece = true;
    for (int64_t begin = next_.fetch_add(grain_); begin < n_; begin = next_.fetch_add(grain_)) {
      try {
        (*body_)(begin, std::min(begin + grain_, n_));
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::current_exception();
      }
    }
    inside_piece = false;
  }

  std::vector<std::thread> workers_;
  std::mutex job_mutex_, mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(int64_t, int64_t)>* body_ = nullptr;
  int64_t n_ = 0, grain_ = 1;
  std::atomic<int64_t> next_{0};
  int busy_ = 0;  // workers inside take_pieces
  uint64_t job_ = 0;
  bool open_ = false;
  bool stopping_ = false;
  std::exception_ptr error_;
};

// From the start of the program on: the order of OpenBLAS's sums, so the last bits of initial weights too, would follow
// the number of its threads.
[[maybe_unused]] const bool blas_is_serial = (openblas_set_num_threads(1), true);

std::unique_ptr<Pool>& pool() {
  static auto instance = std::make_unique<Pool>(std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
  return instance;
}

}  // namespace

void set_num_threads(int threads) {
  threads = std::max(1, threads);
  if (threads != pool()->size()) pool() = std::make_unique<Pool>(threads);
}

int num_threads() { return pool()->size(); }

void parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
  if (n <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  if (inside_piece || n <= grain || pool()->size() == 1) {
    for (int64_t begin = 0; begin < n; begin += grain) body(begin, std::min(begin + grain, n));
    return;
  }
  pool()->run(n, grain, body);
}

}  // namespace pgolf
