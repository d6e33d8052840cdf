// While one of these lives, memory that arenas free is overwritten with NaN: what still reads it is seen.
#pragma once

#include "engine/core/arena.h"

namespace pgolf {

class OverwriteFreed {
 public:
  OverwriteFreed() { Arena::overwrite_freed(true); }
  ~OverwriteFreed() { Arena::overwrite_freed(false); }
  OverwriteFreed(const OverwriteFreed&) = delete;
  OverwriteFreed& operator=(const OverwriteFreed&) = delete;
};

}  // namespace pgolf
