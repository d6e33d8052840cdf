// Windows of the validation stream as rows that are forwarded together.
#pragma once

#include <span>
#include <vector>

#include "engine/eval/val_set.h"
#include "engine/eval/windows.h"

namespace pgolf {

struct WindowBatch {
  std::vector<Window> windows;        // [B]; one of length 0 is a row of padding
  int64_t row = 0;                    // T
  std::vector<int32_t> ids, targets;  // [B, T], id 0 where a window is shorter than the row

  int64_t size() const { return static_cast<int64_t>(windows.size()); }
  // Index in [0, B T) of validation target `target` in row b.
  int64_t position(int64_t b, int64_t target) const { return b * row + target - windows[static_cast<size_t>(b)].begin; }
};

WindowBatch gather(const ValSet& val, std::span<const Window> windows, int64_t row);

// Segments of a packed row: they start at position 0, at every BOS, and every `max_length` tokens within a longer one.
// (_build_cu_seqlens of PR 2143 and 2097; its padding to a multiple of 64 entries changes nothing)
struct PackedRow {
  std::vector<int32_t> starts;  // ascending, the row's length last
  int64_t longest = 0;
};
PackedRow packed_row(std::span<const int32_t> ids, int64_t bos_id, int64_t max_length);

}  // namespace pgolf
