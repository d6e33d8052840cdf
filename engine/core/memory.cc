#include "engine/core/memory.h"

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "engine/core/backend.h"

namespace pgolf {
namespace {
std::atomic<int64_t> allocations{0};
}  // namespace

int64_t num_allocations() { return allocations; }

void* allocate(Device device, size_t bytes) {
  constexpr size_t kAlignment = 256;
  ++allocations;
  if (!device.is_cpu()) return with_cuda([&](auto cuda) { return decltype(cuda)::allocate(device, bytes); });
  void* data = std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
  if (data == nullptr) fail(ErrorKind::machine, "out of memory: {} MiB asked for; use a smaller batch", bytes >> 20);
  return data;
}

void release(Device device, void* data) {
  if (device.is_cpu()) return std::free(data);
  with_cuda([&](auto cuda) { decltype(cuda)::release(device, data); });
}

void copy_bytes(void* to, Device to_device, const void* from, Device from_device, size_t bytes, Stream* stream) {
  if (bytes == 0) return;
  if (to_device.is_cpu() && from_device.is_cpu()) {
    std::memmove(to, from, bytes);
    return;
  }
  with_cuda([&](auto cuda) { decltype(cuda)::copy(to, to_device, from, from_device, bytes, stream); });
}

void fill_zero(void* data, Device device, size_t bytes, Stream* stream) {
  if (bytes == 0) return;
  if (device.is_cpu()) {
    std::memset(data, 0, bytes);
    return;
  }
  with_cuda([&](auto cuda) { decltype(cuda)::fill_zero(data, device, bytes, stream); });
}

}  // namespace pgolf
