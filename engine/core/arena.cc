#include "engine/core/arena.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace pgolf {
namespace {

constexpr size_t kAlignment = 256;
bool overwriting = false;

// Of a piece: never none, so that each has an address of its own.
size_t size_for(const Tensor& tensor) {
  return (std::max<size_t>(tensor.bytes(), 1) + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

void Arena::overwrite_freed(bool on) { overwriting = on; }

Arena::~Arena() {
  for (const auto* pieces : {&stack_, &loose_})
    for (const Piece& piece : *pieces) give_back(piece);
  if (block_ != nullptr) release(device_, block_, block_size_, purpose_);
}

Tensor Arena::alloc(Shape shape, DType dtype) {
  Tensor out{nullptr, shape, dtype, device_};
  Piece piece{stack_end(), size_for(out), nullptr, false};
  piece.data = fits(piece.end(), loose_end()) ? block_ + piece.offset : own(piece);
  stack_.push_back(piece);
  peak_ = std::max(peak_, used());
  out.data = piece.data;
  return out;
}

// The first gap that is wide enough, seen from the end of the block.
Tensor Arena::alloc_loose(Shape shape, DType dtype) {
  Tensor out{nullptr, shape, dtype, device_};
  Piece piece{0, size_for(out), nullptr, false};
  auto next = loose_.begin();
  for (; next != loose_.end() && next->offset < piece.end(); ++next) piece.offset = next->end();
  piece.data = fits(stack_end(), piece.end()) ? block_ + block_size_ - piece.end() : own(piece);
  loose_.insert(next, piece);
  peak_ = std::max(peak_, used());
  out.data = piece.data;
  return out;
}

void Arena::free(const Tensor& loose) {
  const auto found =
      std::find_if(loose_.begin(), loose_.end(), [&](const Piece& piece) { return piece.data == loose.data; });
  check(found != loose_.end(), "arena: a tensor {} that is not loose", loose.shape);
  give_back(*found);
  loose_.erase(found);
  settle();
}

void Arena::release_to(Mark mark) {
  for (; stack_.size() > mark; stack_.pop_back()) give_back(stack_.back());
  settle();
}

void Arena::reset() {
  for (const Piece& piece : loose_) give_back(piece);
  loose_.clear();
  release_to(0);
}

void* Arena::own(Piece& piece) {
  piece.own = true;
  return allocate(device_, piece.size, purpose_);
}

void Arena::give_back(const Piece& piece) {
  if (overwriting && device_.is_cpu()) std::memset(piece.data, 0xff, piece.size);
  if (piece.own) release(device_, piece.data, piece.size, purpose_);
}

// An empty arena gets a block for all it ever held. Destructors come here, so where there is no room it stays without
// one, and whoever asks next is told.
void Arena::settle() {
  if (!stack_.empty() || !loose_.empty() || peak_ <= block_size_) return;
  if (block_ != nullptr) release(device_, std::exchange(block_, nullptr), std::exchange(block_size_, 0), purpose_);
  try {
    block_ = static_cast<std::byte*>(allocate(device_, peak_, purpose_));
    block_size_ = peak_;
  } catch (const Error&) {
  }
}

}  // namespace pgolf
