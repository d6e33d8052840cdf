// Memory for tensors: a stack that grows from the start of a block, and loose tensors, freed one by one in any order,
// packed against the block's end.
//
// Places are offsets, computed whether or not there is a block: what does not fit is allocated by itself. Whenever the
// arena becomes empty, its block is made as large as the most that was ever in use. Every training step makes the same
// requests in the same order, so from the second on each tensor has the address it had before and nothing is allocated:
// memory is planned by construction. An arena that is never emptied has what was asked for and no more.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/core/memory.h"
#include "engine/core/tensor.h"

namespace pgolf {

class Arena {
 public:
  explicit Arena(Device device, Purpose purpose = Purpose::other) : device_(device), purpose_(purpose) {}
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  Device device() const { return device_; }

  // Uninitialised. Errors: those of allocate().
  Tensor alloc(Shape shape, DType dtype);        // on the stack
  Tensor alloc_loose(Shape shape, DType dtype);  // until free()
  void free(const Tensor& loose);

  // Frees what was put on the stack since the mark was taken.
  using Mark = size_t;
  Mark mark() const { return stack_.size(); }
  void release_to(Mark mark);

  void reset();  // frees everything

  size_t used() const { return stack_end() + loose_end(); }  // bytes, gaps between loose tensors included
  size_t peak() const { return peak_; }                      // the most of it

  // For tests on the CPU: what is freed is overwritten, with NaN where it is read as floats.
  static void overwrite_freed(bool on);

 private:
  // [offset, end()) from the start of the block, or for loose tensors from its end.
  struct Piece {
    size_t offset, size;
    void* data;
    bool own;  // not in the block
    size_t end() const { return offset + size; }
  };
  size_t stack_end() const { return stack_.empty() ? 0 : stack_.back().end(); }
  size_t loose_end() const { return loose_.empty() ? 0 : loose_.back().end(); }
  bool fits(size_t stack_end, size_t loose_end) const { return stack_end + loose_end <= block_size_; }
  void* own(Piece& piece);
  void give_back(const Piece& piece);
  void settle();

  Device device_;
  Purpose purpose_;
  std::byte* block_ = nullptr;
  size_t block_size_ = 0, peak_ = 0;
  std::vector<Piece> stack_, loose_;  // by offset
};

// Scratch memory for the length of a function.
class ArenaScope {
 public:
  explicit ArenaScope(Arena& arena) : arena_(arena), mark_(arena.mark()) {}
  ~ArenaScope() { arena_.release_to(mark_); }
  ArenaScope(const ArenaScope&) = delete;
  ArenaScope& operator=(const ArenaScope&) = delete;

 private:
  Arena& arena_;
  Arena::Mark mark_;
};

}  // namespace pgolf
