#include <algorithm>
#include <array>
#include <cmath>

#include "engine/core/backend.h"
#include "engine/core/parallel.h"
#include "engine/quant/error_feedback.h"
#include "engine/quant/row_codes.h"

namespace pgolf {
namespace {

constexpr int64_t kRowGrain = 32;     // rows that share a tile of M while it is in the cache
constexpr int64_t kTileColumns = 64;  // of M behind a block: kBlockColumns x kTileColumns fit the first cache
constexpr int64_t kErrors = 8;        // summed while a sum is in a register
static_assert(kBlockColumns % kErrors == 0);

// Codes the columns begin .. end - 1 of one row and leaves their errors.
void code_block(const FeedbackProblem& p, int64_t row, int64_t begin, int64_t end, float* w, int8_t* codes,
                float* errors) {
  for (int64_t j = begin; j < end; ++j) {
    const CodeGrid& grid = p.is_fine[static_cast<size_t>(j)] ? p.fine : p.plain;
    const float scale = grid.scales[static_cast<size_t>(row)];
    codes[j] = code_of(w[j], scale, -grid.top, grid.top);
    const float error = (w[j] - static_cast<float>(codes[j]) * scale) / p.divisor[static_cast<size_t>(j)];
    errors[j - begin] = error;
    const float* m = p.factor.data() + j * p.cols;
#pragma omp simd
    for (int64_t k = j + 1; k < end; ++k) w[k] -= error * m[k];
  }
}

// w[k] -= sum over a block's j of e_j m_jk for k < n, at most kTileColumns; m with row stride `stride`.
void subtract_block(const float* errors, const float* m, int64_t stride, float* w, int64_t n) {
  std::array<float, kTileColumns> sums{};
  for (int64_t j = 0; j < kBlockColumns; j += kErrors) {
    const float *e = errors + j, *rows = m + j * stride;
#pragma omp simd
    for (int64_t k = 0; k < n; ++k) {
      float sum = sums[static_cast<size_t>(k)];
      for (int64_t i = 0; i < kErrors; ++i) sum = std::fma(e[i], rows[i * stride + k], sum);
      sums[static_cast<size_t>(k)] = sum;
    }
  }
  for (int64_t k = 0; k < n; ++k) w[k] -= sums[static_cast<size_t>(k)];
}

}  // namespace

template <>
std::vector<int8_t> ErrorFeedback<Cpu>::run(Context&, FeedbackProblem p) {
  const int64_t cols = p.cols;
  std::vector<int8_t> codes(p.weights.size());
  parallel_for(p.rows, kRowGrain, [&](int64_t first, int64_t last) {
    std::vector<float> errors(static_cast<size_t>((last - first) * kBlockColumns));
    const auto errors_of = [&](int64_t row) { return errors.data() + (row - first) * kBlockColumns; };
    for (int64_t begin = 0; begin < cols; begin += kBlockColumns) {
      const int64_t end = std::min(begin + kBlockColumns, cols);
      for (int64_t row = first; row < last; ++row)
        code_block(p, row, begin, end, p.weights.data() + row * cols, codes.data() + row * cols, errors_of(row));
      for (int64_t k = end; k < cols; k += kTileColumns)
        for (int64_t row = first; row < last; ++row)
          subtract_block(errors_of(row), p.factor.data() + begin * cols + k, cols, p.weights.data() + row * cols + k,
                         std::min(kTileColumns, cols - k));
    }
  });
  return codes;
}

}  // namespace pgolf
