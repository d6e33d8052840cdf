#include "engine/core/memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "engine/core/backend.h"

namespace pgolf {
namespace {

constexpr size_t kAlignment = 256;

size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// What is allocated on all devices.
class Account {
 public:
  static Account& get() {
    static Account account;
    return account;
  }
  MemoryUse use(Device device) {
    const std::lock_guard lock(mutex_);
    return use_[device.cuda_index];
  }
  void restart_peak(Device device) {
    const std::lock_guard lock(mutex_);
    MemoryUse& use = use_[device.cuda_index];
    use.at_peak = use.highest = use.now;
  }
  int64_t allocations() {
    const std::lock_guard lock(mutex_);
    return allocations_;
  }
  void add(Device device, size_t bytes, Purpose purpose) {
    const std::lock_guard lock(mutex_);
    MemoryUse& use = use_[device.cuda_index];
    const auto part = static_cast<size_t>(purpose);
    use.now[part] += bytes;
    use.highest[part] = std::max(use.highest[part], use.now[part]);
    if (use.total() > use.peak()) use.at_peak = use.now;
    ++allocations_;
  }
  void take(Device device, size_t bytes, Purpose purpose) {
    const std::lock_guard lock(mutex_);
    use_[device.cuda_index].now[static_cast<size_t>(purpose)] -= bytes;
  }
  void* meta_address(size_t bytes) {
    const std::lock_guard lock(mutex_);
    return reinterpret_cast<void*>(std::exchange(next_meta_, next_meta_ + aligned(bytes)));
  }

 private:
  std::mutex mutex_;
  std::map<int, MemoryUse> use_;  // by Device::cuda_index
  int64_t allocations_ = 0;
  uintptr_t next_meta_ = uintptr_t{1} << 48;  // above what a process can map
};

void* allocate_uncounted(Device device, size_t bytes) {
  if (device.is_meta()) return Account::get().meta_address(bytes);
  if (!device.is_cpu()) return with_cuda([&](auto cuda) { return decltype(cuda)::allocate(device, bytes); });
  void* data = std::aligned_alloc(kAlignment, aligned(bytes));
  if (data == nullptr) fail(ErrorKind::machine, "out of memory: {} MiB asked for; use a smaller batch", bytes >> 20);
  return data;
}

}  // namespace

size_t MemoryUse::total() const { return std::accumulate(now.begin(), now.end(), size_t{0}); }
size_t MemoryUse::peak() const { return std::accumulate(at_peak.begin(), at_peak.end(), size_t{0}); }

int64_t num_allocations() { return Account::get().allocations(); }
MemoryUse memory_use(Device device) { return Account::get().use(device); }
void restart_peak(Device device) { Account::get().restart_peak(device); }

void* allocate(Device device, size_t bytes, Purpose purpose) {
  void* data = allocate_uncounted(device, bytes);
  Account::get().add(device, bytes, purpose);
  return data;
}

void release(Device device, void* data, size_t bytes, Purpose purpose) {
  Account::get().take(device, bytes, purpose);
  if (device.is_meta()) return;
  if (device.is_cpu()) return std::free(data);
  with_cuda([&](auto cuda) { decltype(cuda)::release(device, data); });
}

void copy_bytes(void* to, Device to_device, const void* from, Device from_device, size_t bytes, Stream* stream) {
  if (bytes == 0 || to_device.is_meta() || from_device.is_meta()) return;
  if (to_device.is_cpu() && from_device.is_cpu()) {
    std::memmove(to, from, bytes);
    return;
  }
  with_cuda([&](auto cuda) { decltype(cuda)::copy(to, to_device, from, from_device, bytes, stream); });
}

void fill_zero(void* data, Device device, size_t bytes, Stream* stream) {
  if (bytes == 0 || device.is_meta()) return;
  if (device.is_cpu()) {
    std::memset(data, 0, bytes);
    return;
  }
  with_cuda([&](auto cuda) { decltype(cuda)::fill_zero(data, device, bytes, stream); });
}

}  // namespace pgolf
