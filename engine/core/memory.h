// Raw memory on a device: allocation, copies and fills. The one place where the engine asks for memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/core/tensor.h"

namespace pgolf {

class Stream;  // an ordered queue of device work; null on the CPU

// Aligned to 256 bytes. Errors: machine, naming the size and what is free.
void* allocate(Device device, size_t bytes);
void release(Device device, void* data);

// How often allocate() has been called: what does not allocate can be held to it.
int64_t num_allocations();

// Between any two devices, ordered on `stream`; complete on return if either side is the CPU.
void copy_bytes(void* to, Device to_device, const void* from, Device from_device, size_t bytes, Stream* stream);
void fill_zero(void* data, Device device, size_t bytes, Stream* stream);

}  // namespace pgolf
