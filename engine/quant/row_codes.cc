#include "engine/quant/row_codes.h"

#include <array>

#include "engine/core/quantile.h"

namespace pgolf {

std::span<const double> quantiles_of(RowScale how) {
  static constexpr std::array kLargest{1.0};
  static constexpr std::array kTable{0.9999984};
  static constexpr std::array kSearch{0.999, 0.9995, 0.9999, 0.99999, 1.0};
  switch (how) {
    case RowScale::absmax:
    case RowScale::gate: return kLargest;
    case RowScale::quantile: return kTable;
    case RowScale::clip_search:
    case RowScale::clip_search_unclipped: break;
  }
  return kSearch;
}

void prune_smallest(std::span<float> w, double fraction) {
  if (w.empty() || fraction <= 0) return;
  std::vector<float> magnitudes(w.size());
  std::transform(w.begin(), w.end(), magnitudes.begin(), [](float value) { return std::fabs(value); });
  const float threshold = quantile(magnitudes, fraction);
  for (float& value : w)
    if (std::fabs(value) < threshold) value = 0;
}

}  // namespace pgolf
