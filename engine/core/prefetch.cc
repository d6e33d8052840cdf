#include "engine/core/prefetch.h"

#include "base/error.h"
#include "engine/core/backend.h"

namespace pgolf {
namespace {

// Copies at once: the CPU, and the meta device.
class PlainPrefetch final : public Prefetch {
 public:
  PlainPrefetch(Context& ctx, int64_t capacity) : ctx_(ctx), arena_(ctx.device()) {
    for (Slot& slot : slots_) slot.memory = arena_.alloc({capacity}, DType::i32);
  }

  void send(std::span<const int32_t> values) override {
    Slot& slot = slots_[sent_ % kSlots];
    slot.count = static_cast<int64_t>(values.size());
    check(sent_ - taken_ < 2 && slot.count <= slot.memory.numel(), "prefetch: {} values into {}, {} waiting",
          slot.count, slot.memory.numel(), sent_ - taken_);
    const Tensor to = slot.memory.slice(0, slot.count);
    ctx_.copy(to, {const_cast<int32_t*>(values.data()), to.shape, DType::i32, kCpu});
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
  Context& ctx_;
  Arena arena_;
  Slot slots_[kSlots];
  int64_t sent_ = 0, taken_ = 0;
};

}  // namespace

std::unique_ptr<Prefetch> make_prefetch(Context& ctx, int64_t capacity) {
  if (ctx.device().is_cpu() || ctx.device().is_meta()) return std::make_unique<PlainPrefetch>(ctx, capacity);
  return with_cuda([&](auto cuda) { return decltype(cuda)::make_prefetch(ctx, capacity); });
}

}  // namespace pgolf
