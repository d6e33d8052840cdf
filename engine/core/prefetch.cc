#include "engine/core/prefetch.h"

#include <algorithm>

#include "base/error.h"
#include "engine/core/backend.h"

namespace pgolf {
namespace {

class CpuPrefetch final : public Prefetch {
 public:
  explicit CpuPrefetch(Shape shape) : arena_(kCpu) {
    for (Tensor& slot : slots_) slot = arena_.alloc(shape, DType::i32);
  }

  void send(std::span<const int32_t> values) override {
    const Tensor& slot = slots_[sent_ % kSlots];
    check(sent_ - taken_ < 2 && static_cast<int64_t>(values.size()) == slot.numel(), "prefetch: {} values for {}, {} waiting",
          values.size(), slot.shape.str(), sent_ - taken_);
    std::ranges::copy(values, slot.as<int32_t>());
    ++sent_;
  }

  Tensor take() override {
    check(taken_ < sent_, "prefetch: nothing was sent");
    return slots_[taken_++ % kSlots];
  }

 private:
  Arena arena_;
  Tensor slots_[kSlots];
  int64_t sent_ = 0, taken_ = 0;
};

}  // namespace

std::unique_ptr<Prefetch> make_prefetch(Context& ctx, Shape shape) {
  if (ctx.device().is_cpu()) return std::make_unique<CpuPrefetch>(shape);
  return with_cuda([&](auto cuda) { return decltype(cuda)::make_prefetch(ctx, shape); });
}

}  // namespace pgolf
