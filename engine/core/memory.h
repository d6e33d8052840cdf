// Raw memory on a device: allocation, copies and fills. The one place where the engine asks for memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/core/tensor.h"

namespace pgolf {

class Stream;  // an ordered queue of device work; null on the CPU

// What memory is for, in the account of a device.
enum class Purpose : uint8_t {
  weights,      // masters, and copies in the compute type
  gradients,    // of weights
  moments,      // of optimizers
  averages,     // of weights
  adapters,     // weights and gradients of LoRA
  activations,  // of a step, with their gradients
  scratch,      // of ops
  other,        // inputs, tables, sums
  host,         // what waits on the CPU to go to a device
};
inline constexpr std::array kPurposes{"weights",     "gradients", "moments", "averages", "adapters",
                                      "activations", "scratch",   "other",   "host"};

// Aligned to 256 bytes. Errors: machine, naming the size and what is free.
void* allocate(Device device, size_t bytes, Purpose purpose);
void release(Device device, void* data, size_t bytes, Purpose purpose);  // as many as were asked for

// How often allocate() has been called: what does not allocate can be held to it.
int64_t num_allocations();

// What allocate() has given and release() not taken back, in bytes.
struct MemoryUse {
  using Parts = std::array<size_t, kPurposes.size()>;
  // By Purpose: now, when the sum was largest, and each one's own largest.
  Parts now{}, at_peak{}, highest{};
  size_t total() const;
  size_t peak() const;
};
MemoryUse memory_use(Device device);
void restart_peak(Device device);  // from what is allocated now

// Between any two devices, ordered on `stream`; complete on return if either side is the CPU. To and from the meta
// device: nothing.
void copy_bytes(void* to, Device to_device, const void* from, Device from_device, size_t bytes, Stream* stream);
void fill_zero(void* data, Device device, size_t bytes, Stream* stream);

}  // namespace pgolf
