#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "engine/core/tensor.h"
#include "engine/dist/team.h"

namespace pgolf {
namespace {

// Tensors in a file in memory that all processes map: slot [p][q] holds what p sends to q. It grows with the largest
// parcel.
class MemoryExchange final : public Exchange {
 public:
  MemoryExchange(Comm& comm, int memory) : comm_(comm), memory_(memory) {}
  ~MemoryExchange() override { unmap(); }

  std::string link() const override { return "shared memory"; }

  void run(Context&, const std::vector<Parcel>& sends, const std::vector<Parcel>& receives) override {
    make_room(sends, receives);
    for (const Parcel& parcel : sends)
      std::memcpy(slot(comm_.process(), parcel.peer), parcel.tensor.data, bytes(parcel));
    comm_.barrier();
    for (const Parcel& parcel : receives)
      std::memcpy(parcel.tensor.data, slot(parcel.peer, comm_.process()), bytes(parcel));
    comm_.barrier();  // before anybody writes over it
  }

 private:
  static size_t bytes(const Parcel& parcel) { return static_cast<size_t>(parcel.tensor.bytes()); }
  size_t size() const { return slot_bytes_ * static_cast<size_t>(comm_.processes() * comm_.processes()); }
  char* slot(int from, int to) const {
    return base_ + slot_bytes_ * static_cast<size_t>(from * comm_.processes() + to);
  }

  void make_room(const std::vector<Parcel>& sends, const std::vector<Parcel>& receives) {
    uint64_t most = 0;
    for (const auto* pieces : {&sends, &receives})
      for (const Parcel& parcel : *pieces) most = std::max<uint64_t>(most, bytes(parcel));
    for (const uint64_t theirs : comm_.gather_values(std::vector<uint64_t>{most})) most = std::max(most, theirs);
    most = comm_.broadcast_value(most);
    if (most <= slot_bytes_) return;
    unmap();
    slot_bytes_ = most;
    if (comm_.is_first() && ::ftruncate(memory_, static_cast<off_t>(size())) != 0) out_of_memory();
    comm_.barrier();
    void* mapped = ::mmap(nullptr, size(), PROT_READ | PROT_WRITE, MAP_SHARED, memory_, 0);
    if (mapped == MAP_FAILED) out_of_memory();
    base_ = static_cast<char*>(mapped);
  }

  [[noreturn]] void out_of_memory() const {
    fail(ErrorKind::machine, "{} MB of memory for {} processes to exchange tensors: {}; use fewer processes",
         size() >> 20, comm_.processes(), std::strerror(errno));
  }

  void unmap() {
    if (base_ != nullptr) ::munmap(base_, size());
    base_ = nullptr;
  }

  Comm& comm_;
  int memory_;
  char* base_ = nullptr;
  size_t slot_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Exchange> make_memory_exchange(Comm& comm, int memory) {
  return std::make_unique<MemoryExchange>(comm, memory);
}

}  // namespace pgolf
