#include "engine/core/arena.h"

#include <algorithm>

#include "engine/core/memory.h"

namespace pgolf {
namespace {
constexpr size_t kAlignment = 256;
constexpr size_t kMinBlock = size_t{16} << 20;

size_t round_up(size_t n) { return (n + kAlignment - 1) / kAlignment * kAlignment; }
}  // namespace

Arena::~Arena() { release_blocks(); }

Tensor Arena::alloc(Shape shape, DType dtype) {
  Tensor out{nullptr, shape, dtype, device_};
  const size_t size = round_up(std::max<size_t>(out.bytes(), 1));
  while (blocks_.empty() || used_ + size > blocks_[current_].size) next_block(size);
  out.data = static_cast<std::byte*>(blocks_[current_].data) + used_;
  used_ += size;
  return out;
}

void Arena::next_block(size_t at_least) {
  if (!blocks_.empty()) {
    used_before_ += used_;
    ++current_;
    used_ = 0;
  }
  if (current_ == blocks_.size()) {
    const size_t size = std::max({at_least, kMinBlock, capacity() / 2});
    blocks_.push_back({allocate(device_, size), size});
  }
}

void Arena::reset() {
  if (blocks_.size() > 1) {
    const size_t total = capacity();
    release_blocks();
    blocks_.push_back({allocate(device_, total), total});
  }
  current_ = used_ = used_before_ = 0;
}

void Arena::release_to(const Mark& mark) {
  current_ = mark.block;
  used_ = mark.used;
  used_before_ = mark.used_before;
}

size_t Arena::capacity() const {
  size_t total = 0;
  for (const Block& block : blocks_) total += block.size;
  return total;
}

void Arena::release_blocks() {
  for (const Block& block : blocks_) release(device_, block.data);
  blocks_.clear();
}

}  // namespace pgolf
