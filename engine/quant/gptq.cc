#include "engine/quant/gptq.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include "base/error.h"
#include "engine/codec/float16.h"
#include "engine/core/parallel.h"
#include "engine/quant/linalg.h"

namespace pgolf {
namespace {

constexpr int64_t kBlockColumns = 128;
constexpr int64_t kRowGrain = 16;
constexpr double kDamping = 0.01;  // of the mean diagonal, added to the diagonal

std::vector<double> damped(std::span<const float> hessian, int64_t n) {
  std::vector<double> out(hessian.begin(), hessian.end());
  double mean = 0;
  for (int64_t i = 0; i < n; ++i) mean += out[static_cast<size_t>(i * n + i)];
  for (int64_t i = 0; i < n; ++i) out[static_cast<size_t>(i * n + i)] += kDamping * mean / static_cast<double>(n);
  return out;
}

std::vector<int64_t> order_by_diagonal(const std::vector<double>& hessian, int64_t n, bool descending) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  const auto diagonal = [&](int64_t i) { return hessian[static_cast<size_t>(i * n + i)]; };
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return descending ? diagonal(a) > diagonal(b) : diagonal(a) < diagonal(b);
  });
  return order;
}

std::vector<double> permuted(const std::vector<double>& matrix, const std::vector<int64_t>& order) {
  const auto n = static_cast<int64_t>(order.size());
  std::vector<double> out(matrix.size());
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j)
      out[static_cast<size_t>(i * n + j)] =
          matrix[static_cast<size_t>(order[static_cast<size_t>(i)] * n + order[static_cast<size_t>(j)])];
  return out;
}

struct Feedback {
  std::vector<int64_t> order;  // the column that is quantised i-th
  std::vector<float> factor;   // M [cols, cols] in that order
  std::vector<float> divisor;  // d [cols]
};

// What the codes of one row need.
struct Grid {
  float scale, code_max;
};

// Quantises the columns of one block of one row and leaves their errors; `work` is the row in feedback order.
void quantize_block(float* work, int64_t begin, int64_t end, int64_t cols, const Feedback& f, Grid plain, Grid fine,
                    const std::vector<bool>& mask, int8_t* codes, float* errors) {
  for (int64_t j = begin; j < end; ++j) {
    const auto column = static_cast<size_t>(f.order[static_cast<size_t>(j)]);
    const Grid grid = !mask.empty() && mask[column] ? fine : plain;
    const int8_t code = code_of(work[j], grid.scale, -grid.code_max, grid.code_max);
    const float error = (work[j] - static_cast<float>(code) * grid.scale) / f.divisor[static_cast<size_t>(j)];
    codes[column] = code;
    errors[j - begin] = error;
    const float* m = f.factor.data() + j * cols;
    for (int64_t k = j + 1; k < end; ++k) work[k] -= error * m[k];
  }
}

std::vector<int8_t> run(MatrixView w, std::span<const float> scales, int64_t code_max, const ProtectedColumns& protect,
                        const std::vector<bool>& dead, const Feedback& f) {
  const int64_t rows = w.rows, cols = w.cols;
  std::vector<float> work(w.data.size());
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < cols; ++j) {
      const int64_t column = f.order[static_cast<size_t>(j)];
      const bool is_dead = !dead.empty() && dead[static_cast<size_t>(column)];
      work[static_cast<size_t>(i * cols + j)] = is_dead ? 0.0F : w.data[static_cast<size_t>(i * cols + column)];
    }
  std::vector<int8_t> codes(w.data.size());
  std::vector<float> errors(static_cast<size_t>(rows * kBlockColumns));
  for (int64_t begin = 0; begin < cols; begin += kBlockColumns) {
    const int64_t end = std::min(begin + kBlockColumns, cols), width = end - begin;
    parallel_for(rows, kRowGrain, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        const auto row = static_cast<size_t>(i);
        const Grid plain{scales[row], static_cast<float>(code_max)};
        const Grid fine =
            protect.mask.empty() ? plain : Grid{protect.scales[row], static_cast<float>(protect.code_max)};
        quantize_block(work.data() + i * cols, begin, end, cols, f, plain, fine, protect.mask, codes.data() + i * cols,
                       errors.data() + i * width);
      }
    });
    if (end < cols)
      add_product(-1.0F, errors.data(), f.factor.data() + begin * cols + end, cols, work.data() + end, cols, rows,
                  width, cols - end);
  }
  return codes;
}

}  // namespace

std::vector<int8_t> gptq_ascending_codes(MatrixView w, std::span<const float> hessian, std::span<const float> scales,
                                         int64_t code_max) {
  constexpr double kSmallestDivisor = 1e-8, kSmallestDiagonal = 1e-6;
  const int64_t n = w.cols;
  const std::vector<double> h = damped(hessian, n);
  Feedback f{order_by_diagonal(h, n, false), {}, {}};
  const std::vector<double> ordered = permuted(h, f.order);
  if (const auto inverse = spd_inverse(ordered, n)) {
    f.factor.assign(inverse->begin(), inverse->end());
  } else {
    f.factor.assign(ordered.size(), 0.0F);
    for (int64_t i = 0; i < n; ++i) {
      const auto at = static_cast<size_t>(i * n + i);
      f.factor[at] = static_cast<float>(1.0 / std::max(ordered[at], kSmallestDiagonal));
    }
  }
  for (int64_t i = 0; i < n; ++i)
    f.divisor.push_back(std::max(f.factor[static_cast<size_t>(i * n + i)], static_cast<float>(kSmallestDivisor)));
  return run(w, scales, code_max, {}, {}, f);
}

std::vector<int8_t> gptq_codes(MatrixView w, std::span<const float> hessian, std::span<const float> scales,
                               int64_t code_max, const ProtectedColumns& protect, std::string_view name) {
  const int64_t n = w.cols;
  std::vector<float> alive(hessian.begin(), hessian.end());
  std::vector<bool> dead(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) {
    float& diagonal = alive[static_cast<size_t>(i * n + i)];
    dead[static_cast<size_t>(i)] = diagonal == 0;
    if (diagonal == 0) diagonal = 1;
  }
  const std::vector<double> h = damped(alive, n);
  Feedback f{order_by_diagonal(h, n, true), {}, {}};
  const auto inverse = spd_inverse(permuted(h, f.order), n);
  const auto upper = inverse ? upper_cholesky(*inverse, n) : std::nullopt;
  if (!upper)
    fail(ErrorKind::submission, "tensor '{}': its Hessian is not positive definite; calibrate on more batches", name);
  f.factor.assign(upper->begin(), upper->end());
  for (int64_t i = 0; i < n; ++i) f.divisor.push_back(f.factor[static_cast<size_t>(i * n + i)]);
  return run(w, scales, code_max, protect, dead, f);
}

std::vector<float> sigma_scales(MatrixView w, double clip_sigmas, int64_t code_max) {
  std::vector<float> out(static_cast<size_t>(w.rows));
  for (int64_t i = 0; i < w.rows; ++i) {
    const auto row = w.row(i);
    const double mean = std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(w.cols);
    double squares = 0;
    for (const float value : row) squares += (value - mean) * (value - mean);
    const auto deviation =
        static_cast<float>(std::sqrt(squares / static_cast<double>(std::max<int64_t>(w.cols - 1, 1))));
    const float scale = static_cast<float>(clip_sigmas) * deviation / static_cast<float>(code_max);
    out[static_cast<size_t>(i)] = round_to_half(std::max(scale, 1e-10F));
  }
  return out;
}

}  // namespace pgolf
