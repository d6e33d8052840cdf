// Batches on their way to the device while the step before still runs.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "engine/core/context.h"

namespace pgolf {

// A queue of batches of i32 values. On CUDA they travel from pinned memory on a stream of their own, and neither the
// host nor the device waits for the other.
//
//   prefetch->send(next_batch());                        // before the first step
//   for (...) { const Tensor ids = prefetch->take(); prefetch->send(next_batch()); ... }
class Prefetch {
 public:
  virtual ~Prefetch() = default;

  // Starts the transfer of one batch, of at most `capacity` values, which may be reused at once. At most two batches
  // wait to be taken.
  virtual void send(std::span<const int32_t> values) = 0;

  // The oldest batch sent, as one row of its values; valid until the next take().
  virtual Tensor take() = 0;

 protected:
  static constexpr int kSlots = 3;  // one in use, two waiting
};

// `ctx` must outlive it.
std::unique_ptr<Prefetch> make_prefetch(Context& ctx, int64_t capacity);

}  // namespace pgolf
