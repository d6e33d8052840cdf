#include "engine/core/prefetch.h"

#include <algorithm>

#include "base/error.h"
#include "engine/core/backend.h"

namespace pgolf {
namespace {

class CpuPrefetch final : public Prefetch {
 public:
  explicit CpuPrefetch(int64_t capacity) : arena_(kCpu) {
    for (Slot& slot : slots_) slot.memory = arena_.alloc({capacity}, DType::i32);
  }

  void send(std::span<const int32_t> values) override {
    Slot& slot = slots_[sent_ % kSlots];
    slot.count = static_cast<int64_t>(values.size());
    check(sent_ - taken_ < 2 && slot.count <= slot.memory.numel(), "prefetch: {} values into {}, {} waiting",
          slot.count, slot.memory.numel(), sent_ - taken_);
    std::ranges::copy(values, slot.memory.as<int32_t>());
    ++sent_;
  }

  Tensor take() override {
    check(taken_ < sent_, "prefetch: nothing was sent");
    const Slot& slot = slots_[taken_++ % kSlots];
    return slot.memory.slice(0, slot.count);
  }

 private:
  struct Slot {
    Tensor memory;
    int64_t count = 0;
  };
  Arena arena_;
  Slot slots_[kSlots];
  int64_t sent_ = 0, taken_ = 0;
};

}  // namespace

std::unique_ptr<Prefetch> make_prefetch(Context& ctx, int64_t capacity) {
  if (ctx.device().is_cpu()) return std::make_unique<CpuPrefetch>(capacity);
  return with_cuda([&](auto cuda) { return decltype(cuda)::make_prefetch(ctx, capacity); });
}

}  // namespace pgolf
