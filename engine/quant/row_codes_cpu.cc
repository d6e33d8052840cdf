#include "engine/codec/float16.h"
#include "engine/core/backend.h"
#include "engine/core/parallel.h"
#include "engine/core/quantile.h"
#include "engine/quant/row_codes.h"

namespace pgolf {
namespace {

constexpr int64_t kRowGrain = 16;
constexpr float kSmallestNormalHalf = 0x1p-14F;

struct RowGrid {
  float scale, clip, stored;
};

RowGrid grid_of(RowScale how, float c, float top) {
  const float scale = std::max(c / top, 1.0F / top);
  switch (how) {
    case RowScale::absmax: {
      const float half = std::max(round_to_half(std::max(c / top, 1e-12F)), kSmallestNormalHalf);
      return {half, INFINITY, half};
    }
    case RowScale::gate: {
      const float half = round_to_half(std::max(c, 1e-10F) / top);
      return {half, INFINITY, half};
    }
    case RowScale::quantile:
    case RowScale::clip_search: return {scale, c, round_to_half(scale)};
    case RowScale::clip_search_unclipped: break;
  }
  return {scale, INFINITY, scale};
}

int8_t code_in(const RowGrid& grid, float w, float top) {
  return code_of(std::clamp(w, -grid.clip, grid.clip), grid.scale, -top, top);
}

// In float64, summed in the order of the columns.
double squared_error(std::span<const float> row, const RowGrid& grid, float top) {
  double error = 0;
  for (const float w : row) {
    const double difference = w - static_cast<float>(code_in(grid, w, top)) * grid.scale;
    error += difference * difference;
  }
  return error;
}

// `magnitudes` are those of the row, in any order.
RowGrid row_grid(std::span<const float> row, RowScale how, float top, std::span<float> magnitudes) {
  const auto quantiles = quantiles_of(how);
  if (quantiles.size() == 1) return grid_of(how, quantile(magnitudes, quantiles[0]), top);
  RowGrid best{0, 0, 0};
  double best_error = INFINITY;
  for (const double q : quantiles) {
    const RowGrid grid = grid_of(how, quantile(magnitudes, q), top);
    const double error = squared_error(row, grid, top);
    if (error < best_error) best_error = error, best = grid;
  }
  return best;
}

}  // namespace

template <>
RowCodes RowCoder<Cpu>::run(Context&, MatrixView w, RowScale how, int64_t code_max) {
  const auto top = static_cast<float>(code_max);
  RowCodes out{std::vector<int8_t>(w.data.size()), std::vector<float>(static_cast<size_t>(w.rows))};
  parallel_for(w.rows, kRowGrain, [&](int64_t begin, int64_t end) {
    std::vector<float> magnitudes(static_cast<size_t>(w.cols));
    for (int64_t i = begin; i < end; ++i) {
      const auto row = w.row(i);
      std::transform(row.begin(), row.end(), magnitudes.begin(), [](float value) { return std::fabs(value); });
      const RowGrid grid = row_grid(row, how, top, magnitudes);
      std::transform(row.begin(), row.end(), out.codes.begin() + i * w.cols,
                     [&](float value) { return code_in(grid, value, top); });
      out.scales[static_cast<size_t>(i)] = grid.stored;
    }
  });
  return out;
}

}  // namespace pgolf
