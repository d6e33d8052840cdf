#include "engine/eval/window_batch.h"

#include <algorithm>

#include "base/error.h"

namespace pgolf {

WindowBatch gather(const ValSet& val, std::span<const Window> windows, int64_t row) {
  WindowBatch batch{{windows.begin(), windows.end()}, row, {}, {}};
  batch.ids.assign(windows.size() * static_cast<size_t>(row), 0);
  batch.targets.assign(batch.ids.size(), 0);
  for (int64_t b = 0; b < batch.size(); ++b) {
    const Window& w = windows[static_cast<size_t>(b)];
    check(w.length <= row, "gather: a window of {} in a row of {}", w.length, row);
    std::copy_n(val.inputs(w.begin), w.length, batch.ids.begin() + b * row);
    std::copy_n(val.targets(w.begin), w.length, batch.targets.begin() + b * row);
  }
  return batch;
}

PackedRow packed_row(std::span<const int32_t> ids, int64_t bos_id, int64_t max_length) {
  PackedRow out;
  const auto T = static_cast<int64_t>(ids.size());
  for (int64_t t = 0, start = 0; t < T; ++t) {
    const bool bos = ids[static_cast<size_t>(t)] == bos_id;
    if (t > 0 && !bos && t - start < max_length) continue;
    if (t > 0) out.longest = std::max(out.longest, t - start);
    out.starts.push_back(static_cast<int32_t>(t));
    start = t;
  }
  if (!out.starts.empty()) out.longest = std::max(out.longest, T - out.starts.back());
  out.starts.push_back(static_cast<int32_t>(T));
  return out;
}

}  // namespace pgolf
