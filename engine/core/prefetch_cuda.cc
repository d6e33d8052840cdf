#include <cstring>

#include "engine/core/backend.h"
#include "engine/core/cuda.h"
#include "engine/core/prefetch.h"

namespace pgolf {
namespace {

class CudaPrefetch final : public Prefetch {
 public:
  CudaPrefetch(Context& ctx, int64_t capacity) : stream_(*ctx.stream()), arena_(ctx.device()) {
    for (Slot& slot : slots_) {
      slot.memory = arena_.alloc({capacity}, DType::i32);
      cuda_check(cudaMallocHost(&slot.pinned, slot.memory.bytes()), "allocating pinned memory");
      for (cudaEvent_t* event : {&slot.arrived, &slot.released})
        cuda_check(cudaEventCreateWithFlags(event, cudaEventDisableTiming), "creating an event");
    }
  }

  ~CudaPrefetch() override {
    cudaStreamSynchronize(stream_.transfers());
    for (const Slot& slot : slots_) {
      cudaFreeHost(slot.pinned);
      cudaEventDestroy(slot.arrived);
      cudaEventDestroy(slot.released);
    }
  }

  void send(std::span<const int32_t> values) override {
    Slot& slot = slots_[sent_ % kSlots];
    slot.count = static_cast<int64_t>(values.size());
    check(sent_ - taken_ < 2 && slot.count <= slot.memory.numel(), "prefetch: {} values into {}, {} waiting",
          slot.count, slot.memory.numel(), sent_ - taken_);
    cuda_check(cudaEventSynchronize(slot.arrived), "waiting for a transfer");  // of three batches ago: long over
    std::memcpy(slot.pinned, values.data(), values.size_bytes());
    cuda_check(cudaStreamWaitEvent(stream_.transfers(), slot.released), "ordering a transfer");
    cuda_check(cudaMemcpyAsync(slot.memory.data, slot.pinned, values.size_bytes(), cudaMemcpyHostToDevice,
                               stream_.transfers()),
               "copying a batch");
    cuda_check(cudaEventRecord(slot.arrived, stream_.transfers()), "ordering a transfer");
    ++sent_;
  }

  Tensor take() override {
    check(taken_ < sent_, "prefetch: nothing was sent");
    if (taken_ > 0) {
      const Slot& before = slots_[(taken_ - 1) % kSlots];
      cuda_check(cudaEventRecord(before.released, stream_.work()), "ordering a transfer");
    }
    const Slot& slot = slots_[taken_++ % kSlots];
    cuda_check(cudaStreamWaitEvent(stream_.work(), slot.arrived), "ordering a transfer");
    return slot.memory.slice(0, slot.count);
  }

 private:
  struct Slot {
    Tensor memory;
    int64_t count = 0;
    void* pinned = nullptr;
    cudaEvent_t arrived = nullptr;   // the transfer into the slot is over
    cudaEvent_t released = nullptr;  // the work that read the slot is over
  };
  Stream& stream_;
  Arena arena_;
  Slot slots_[kSlots];
  int64_t sent_ = 0, taken_ = 0;
};

}  // namespace

std::unique_ptr<Prefetch> Cuda::make_prefetch(Context& ctx, int64_t capacity) {
  return std::make_unique<CudaPrefetch>(ctx, capacity);
}

}  // namespace pgolf
