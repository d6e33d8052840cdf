#include "engine/quant/row_codes.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "engine/codec/float16.h"
#include "engine/core/parallel.h"
#include "engine/core/quantile.h"

namespace pgolf {
namespace {

constexpr int64_t kRowGrain = 16;
constexpr double kTableQuantile = 0.9999984;
constexpr std::array<double, 5> kClipQuantiles{0.999, 0.9995, 0.9999, 0.99999, 1.0};
constexpr float kSmallestNormalHalf = 0x1p-14F;

float largest_magnitude(std::span<const float> row) {
  float largest = 0;
  for (const float w : row) largest = std::max(largest, std::fabs(w));
  return largest;
}

float magnitude_quantile(std::span<const float> row, double q, std::vector<float>& scratch) {
  scratch.resize(row.size());
  std::transform(row.begin(), row.end(), scratch.begin(), [](float w) { return std::fabs(w); });
  return quantile(scratch, q);
}

// Runs body(row index, row, codes of the row) over all rows.
template <class Body>
RowCodes for_rows(MatrixView w, const Body& body) {
  RowCodes out{std::vector<int8_t>(w.data.size()), std::vector<float>(static_cast<size_t>(w.rows))};
  parallel_for(w.rows, kRowGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      out.scales[static_cast<size_t>(i)] =
          body(w.row(i), std::span(out.codes).subspan(static_cast<size_t>(i * w.cols), static_cast<size_t>(w.cols)));
  });
  return out;
}

void encode(std::span<const float> row, float scale, float code_max, std::span<int8_t> codes) {
  for (size_t j = 0; j < row.size(); ++j) codes[j] = code_of(row[j], scale, -code_max, code_max);
}

// Scale of the first of the five quantiles with the least squared error; `pre_clip`: values are clipped to the quantile
// before they are divided, which matters where the scale is at its floor.
struct Found {
  float scale, clip;
};
Found search_clip(std::span<const float> row, float code_max, bool pre_clip, std::vector<float>& scratch) {
  Found best{0, 0};
  double best_error = INFINITY;
  for (const double q : kClipQuantiles) {
    const float c = magnitude_quantile(row, q, scratch);
    const float scale = std::max(c / code_max, 1.0F / code_max);
    double error = 0;
    for (const float w : row) {
      const float clipped = pre_clip ? std::clamp(w, -c, c) : w;
      const float recon = static_cast<float>(code_of(clipped, scale, -code_max, code_max)) * scale;
      const double difference = w - recon;
      error += difference * difference;
    }
    if (error < best_error) best_error = error, best = {scale, c};
  }
  return best;
}

}  // namespace

int8_t code_of(float w, float scale, float lowest, float highest) {
  const float code = std::clamp(std::nearbyint(w / scale), lowest, highest);
  return std::isnan(code) ? int8_t{0} : static_cast<int8_t>(code);
}

RowCodes row_absmax_codes(MatrixView w, int64_t code_max) {
  const auto top = static_cast<float>(code_max);
  return for_rows(w, [top](std::span<const float> row, std::span<int8_t> codes) {
    const float scale = std::max(round_to_half(std::max(largest_magnitude(row) / top, 1e-12F)), kSmallestNormalHalf);
    encode(row, scale, top, codes);
    return scale;
  });
}

RowCodes row_quantile_codes(MatrixView w, int64_t code_max) {
  const auto top = static_cast<float>(code_max);
  return for_rows(w, [top](std::span<const float> row, std::span<int8_t> codes) {
    std::vector<float> scratch;
    const float c = magnitude_quantile(row, kTableQuantile, scratch);
    const float scale = std::max(c / top, 1.0F / top);
    for (size_t j = 0; j < row.size(); ++j) codes[j] = code_of(std::clamp(row[j], -c, c), scale, -top, top);
    return round_to_half(scale);
  });
}

RowCodes clip_search_codes(MatrixView w, int64_t code_max) {
  const auto top = static_cast<float>(code_max);
  return for_rows(w, [top](std::span<const float> row, std::span<int8_t> codes) {
    std::vector<float> scratch;
    const auto [scale, c] = search_clip(row, top, true, scratch);
    for (size_t j = 0; j < row.size(); ++j) codes[j] = code_of(std::clamp(row[j], -c, c), scale, -top, top);
    return round_to_half(scale);
  });
}

std::vector<float> clip_search_scales(MatrixView w, int64_t code_max) {
  const auto top = static_cast<float>(code_max);
  return for_rows(w,
                  [top](std::span<const float> row, std::span<int8_t>) {
                    std::vector<float> scratch;
                    return search_clip(row, top, false, scratch).scale;
                  })
      .scales;
}

RowCodes gate_row_codes(MatrixView w) {
  constexpr float kTop = 127;
  return for_rows(w, [](std::span<const float> row, std::span<int8_t> codes) {
    const float scale = round_to_half(std::max(largest_magnitude(row), 1e-10F) / kTop);
    encode(row, scale, kTop, codes);
    return scale;
  });
}

void prune_smallest(std::span<float> w, double fraction) {
  if (w.empty() || fraction <= 0) return;
  std::vector<float> scratch;
  const float threshold = magnitude_quantile(w, fraction, scratch);
  for (float& value : w)
    if (std::fabs(value) < threshold) value = 0;
}

}  // namespace pgolf
