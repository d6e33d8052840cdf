// Where codes are computed.
#pragma once

#include <mutex>
#include <utility>

#include "engine/core/backend.h"
#include "engine/core/context.h"

namespace pgolf {

// Tensors are prepared on several threads at once. On the CPU their codes are computed there too; a GPU is one queue of
// work, which they use in turn.
class CodingDevice {
 public:
  explicit CodingDevice(Device device) : ctx_(device) {}

  // f(backend, context). On a GPU the context's arena is this turn's alone; on the CPU the context is shared, and left
  // alone.
  template <class F>
  auto in_turn(F&& f) {
    const bool takes_turns = !ctx_.device().is_cpu();
    std::unique_lock turn(mutex_, std::defer_lock);
    if (takes_turns) {
      turn.lock();
      ctx_.reset();
    }
    return on_device(ctx_.device(), [&](auto backend) { return f(backend, ctx_); });
  }

 private:
  std::mutex mutex_;
  Context ctx_;
};

}  // namespace pgolf
