// What the engine's CUDA sources share: the stream behind a Context, and how errors of the runtime are told.
#pragma once

#include <cuda_runtime.h>

#include <map>
#include <memory>
#include <typeindex>

#include "base/error.h"
#include "engine/core/context.h"
#include "engine/core/tensor.h"

namespace pgolf {

// Throws Error(machine) naming what was being done, the runtime's own text and the remedy where there is one.
void cuda_check(cudaError_t status, const char* doing);

// After a kernel launch.
inline void launched(const char* op) { cuda_check(cudaGetLastError(), op); }

// One ordered queue of work on one GPU, a second for transfers that run beside it, and what libraries keep per stream.
class Stream {
 public:
  explicit Stream(Device device);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Device device() const { return device_; }
  cudaStream_t work() const { return work_; }
  cudaStream_t transfers() const { return transfers_; }
  int num_multiprocessors() const { return num_multiprocessors_; }

  // The one T of this stream, made on first use: library handles, plans, workspaces.
  template <class T>
  T& state() {
    std::shared_ptr<void>& slot = states_[typeid(T)];
    if (slot == nullptr) slot = std::make_shared<T>(*this);
    return *static_cast<T*>(slot.get());
  }

 private:
  Device device_;
  cudaStream_t work_ = nullptr, transfers_ = nullptr;
  int num_multiprocessors_ = 0;
  std::map<std::type_index, std::shared_ptr<void>> states_;
};

// The context's work queue, with its GPU made the calling thread's current one.
inline cudaStream_t work_queue(Context& ctx) {
  cuda_check(cudaSetDevice(ctx.device().cuda_index), "selecting the GPU");
  return ctx.stream()->work();
}

}  // namespace pgolf
