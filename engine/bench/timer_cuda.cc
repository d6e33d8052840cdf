#include "engine/bench/timer.h"
#include "engine/core/backend.h"
#include "engine/core/cuda.h"

namespace pgolf {
namespace {

class CudaTimer final : public Timer {
 public:
  explicit CudaTimer(Context& ctx) : ctx_(ctx) {}
  ~CudaTimer() override { release(); }

  void mark() override {
    const cudaStream_t queue = work_queue(ctx_);
    cuda_check(cudaEventCreate(&marks_.emplace_back()), "creating an event");
    cuda_check(cudaEventRecord(marks_.back(), queue), "recording an event");
  }

  std::vector<double> intervals() override {
    ctx_.synchronize();
    std::vector<double> out;
    for (size_t i = 1; i < marks_.size(); ++i) {
      float ms = 0;
      cuda_check(cudaEventElapsedTime(&ms, marks_[i - 1], marks_[i]), "reading an event");
      out.push_back(ms);
    }
    release();
    return out;
  }

 private:
  void release() {
    for (const cudaEvent_t event : marks_) cudaEventDestroy(event);
    marks_.clear();
  }

  Context& ctx_;
  std::vector<cudaEvent_t> marks_;
};

}  // namespace

template <>
std::unique_ptr<Timer> TimerBackend<Cuda>::make(Context& ctx) {
  return std::make_unique<CudaTimer>(ctx);
}

}  // namespace pgolf
