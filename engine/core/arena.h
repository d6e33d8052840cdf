// A bump allocator for tensors. Every training step makes the same requests in the same order, so after the first step
// each tensor has the address it had before and nothing is allocated: memory is planned by construction.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/core/tensor.h"

namespace pgolf {

class Arena {
 public:
  explicit Arena(Device device) : device_(device) {}
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  Device device() const { return device_; }

  // Uninitialised. Errors: those of allocate().
  Tensor alloc(Shape shape, DType dtype);

  // Frees everything at once. If the last round needed several blocks they become one, so that the next needs none.
  void reset();

  size_t used() const { return used_before_ + used_; }  // bytes since reset
  size_t capacity() const;

  // Frees what was allocated since the mark was taken.
  struct Mark {
    size_t block, used, used_before;
  };
  Mark mark() const { return {current_, used_, used_before_}; }
  void release_to(const Mark& mark);

 private:
  struct Block {
    void* data;
    size_t size;
  };
  void next_block(size_t at_least);
  void release_blocks();

  Device device_;
  std::vector<Block> blocks_;
  size_t current_ = 0;      // block in use
  size_t used_ = 0;         // bytes of it
  size_t used_before_ = 0;  // bytes of the blocks before it
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
