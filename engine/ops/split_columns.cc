#include "engine/ops/split_columns.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace pgolf {

std::vector<Var> split_columns(Context& ctx, const Var& x, const std::vector<int64_t>& widths) {
  check(widths.size() > 1 && std::accumulate(widths.begin(), widths.end(), int64_t{0}) == x.value.cols(),
        "split_columns: {} into {} parts", x.shape(), widths.size());
  std::vector<Var> parts;
  std::vector<const GradSlot*> slots;
  int64_t first = 0;
  for (const int64_t width : widths) {
    const Var part = ctx.output(x.value.columns(first, width), x);
    if (part.needs_grad()) {
      part.slot->whole = x.slot, part.slot->first_column = first;
      slots.push_back(part.slot);
    }
    parts.push_back(part);
    first += width;
  }
  if (slots.empty()) return parts;
  ctx.record([x = x.slot, slots] {
    const auto written = std::count_if(slots.begin(), slots.end(), [](const GradSlot* part) { return part->written; });
    check(written == 0 || static_cast<size_t>(written) == slots.size(), "split_columns: {} of {} parts have a gradient",
          written, slots.size());
    x->written = x->written || written > 0;
  });
  return parts;
}

}  // namespace pgolf
