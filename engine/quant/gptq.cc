#include "engine/quant/gptq.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "engine/codec/float16.h"
#include "engine/quant/error_feedback.h"
#include "engine/quant/linalg.h"

namespace pgolf {
namespace {

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

struct Factored {
  std::vector<int64_t> order;  // the column that is coded i-th
  std::vector<float> factor;   // M [cols, cols] in that order
  std::vector<float> divisor;  // d [cols]
};

// Columns of `w` in feedback order; those that no input reached are zero.
std::vector<float> gathered(MatrixView w, const std::vector<int64_t>& order, const std::vector<bool>& dead) {
  std::vector<float> out(w.data.size());
  for (int64_t i = 0; i < w.rows; ++i)
    for (int64_t j = 0; j < w.cols; ++j) {
      const auto column = static_cast<size_t>(order[static_cast<size_t>(j)]);
      out[static_cast<size_t>(i * w.cols + j)] = !dead.empty() && dead[column] ? 0.0F : w.row(i)[column];
    }
  return out;
}

std::vector<int8_t> scattered(const std::vector<int8_t>& codes, const std::vector<int64_t>& order) {
  std::vector<int8_t> out(codes.size());
  const size_t cols = order.size();
  for (size_t start = 0; start < codes.size(); start += cols)
    for (size_t j = 0; j < cols; ++j) out[start + static_cast<size_t>(order[j])] = codes[start + j];
  return out;
}

std::vector<int8_t> feed_back(CodingDevice& device, MatrixView w, const CodeGrid& plain,
                              const ProtectedColumns& protect, const std::vector<bool>& dead, Factored f) {
  FeedbackProblem problem{.rows = w.rows,
                          .cols = w.cols,
                          .weights = gathered(w, f.order, dead),
                          .factor = std::move(f.factor),
                          .divisor = std::move(f.divisor),
                          .is_fine = {},
                          .plain = plain,
                          .fine = protect.mask.empty() ? plain : protect.grid};
  for (const int64_t column : f.order)
    problem.is_fine.push_back(!protect.mask.empty() && protect.mask[static_cast<size_t>(column)]);
  const auto codes = device.in_turn(
      [&](auto backend, Context& ctx) { return ErrorFeedback<decltype(backend)>::run(ctx, std::move(problem)); });
  return scattered(codes, f.order);
}

}  // namespace

std::vector<int8_t> gptq_ascending_codes(CodingDevice& device, MatrixView w, std::span<const float> hessian,
                                         const CodeGrid& grid) {
  constexpr double kSmallestDivisor = 1e-8, kSmallestDiagonal = 1e-6;
  const int64_t n = w.cols;
  const std::vector<double> h = damped(hessian, n);
  Factored f{order_by_diagonal(h, n, false), {}, {}};
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
  return feed_back(device, w, grid, {}, {}, std::move(f));
}

std::vector<int8_t> gptq_codes(CodingDevice& device, MatrixView w, std::span<const float> hessian, const CodeGrid& grid,
                               const ProtectedColumns& protect, std::string_view name) {
  const int64_t n = w.cols;
  std::vector<float> alive(hessian.begin(), hessian.end());
  std::vector<bool> dead(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) {
    float& diagonal = alive[static_cast<size_t>(i * n + i)];
    dead[static_cast<size_t>(i)] = diagonal == 0;
    if (diagonal == 0) diagonal = 1;
  }
  const std::vector<double> h = damped(alive, n);
  Factored f{order_by_diagonal(h, n, true), {}, {}};
  const auto inverse = spd_inverse(permuted(h, f.order), n);
  const auto upper = inverse ? upper_cholesky(*inverse, n) : std::nullopt;
  if (!upper)
    fail(ErrorKind::submission, "tensor '{}': its Hessian is not positive definite; calibrate on more batches", name);
  f.factor.assign(upper->begin(), upper->end());
  for (int64_t i = 0; i < n; ++i) f.divisor.push_back(f.factor[static_cast<size_t>(i * n + i)]);
  return feed_back(device, w, grid, protect, dead, std::move(f));
}

CodeGrid sigma_grid(MatrixView w, double clip_sigmas, int64_t code_max) {
  CodeGrid out{{}, static_cast<float>(code_max)};
  for (int64_t i = 0; i < w.rows; ++i) {
    const auto row = w.row(i);
    const double mean = std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(w.cols);
    double squares = 0;
    for (const float value : row) squares += (value - mean) * (value - mean);
    const auto deviation =
        static_cast<float>(std::sqrt(squares / static_cast<double>(std::max<int64_t>(w.cols - 1, 1))));
    const float scale = static_cast<float>(clip_sigmas) * deviation / out.top;
    out.scales.push_back(round_to_half(std::max(scale, 1e-10F)));
  }
  return out;
}

}  // namespace pgolf
