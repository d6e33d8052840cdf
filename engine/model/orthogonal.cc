#include "engine/model/orthogonal.h"

#include <lapacke.h>

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace pgolf {
namespace {

// Row-major [rows, cols] to row-major [cols, rows].
std::vector<float> transpose(std::span<const float> in, int64_t rows, int64_t cols) {
  std::vector<float> out(in.size());
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < cols; ++j) out[static_cast<size_t>(j * rows + i)] = in[static_cast<size_t>(i * cols + j)];
  return out;
}

// `a` holds an m x n matrix, m >= n, by columns; it becomes Q · diag(sign(diag R)).
void orthonormalize_columns(std::span<float> a, int64_t m, int64_t n) {
  const auto lm = static_cast<lapack_int>(m), ln = static_cast<lapack_int>(n);
  std::vector<float> tau(static_cast<size_t>(n)), sign(static_cast<size_t>(n));
  lapack_int info = LAPACKE_sgeqrf(LAPACK_COL_MAJOR, lm, ln, a.data(), lm, tau.data());
  check(info == 0, "sgeqrf of {} x {}: info {}", m, n, info);
  for (int64_t j = 0; j < n; ++j) {
    const float diagonal = a[static_cast<size_t>(j * m + j)];
    sign[static_cast<size_t>(j)] = static_cast<float>((diagonal > 0) - (diagonal < 0));
  }
  info = LAPACKE_sorgqr(LAPACK_COL_MAJOR, lm, ln, ln, a.data(), lm, tau.data());
  check(info == 0, "sorgqr of {} x {}: info {}", m, n, info);
  for (int64_t j = 0; j < n; ++j)
    for (int64_t i = 0; i < m; ++i) a[static_cast<size_t>(j * m + i)] *= sign[static_cast<size_t>(j)];
}

}  // namespace

void orthogonal(TorchRng& rng, std::span<float> out, int64_t rows, int64_t cols) {
  rng.normal(out, 1.0F);
  if (rows < cols) {  // the rows are, by columns, the transposed matrix
    orthonormalize_columns(out, cols, rows);
    return;
  }
  std::vector<float> columns = transpose(out, rows, cols);
  orthonormalize_columns(columns, rows, cols);
  const std::vector<float> result = transpose(columns, cols, rows);
  std::copy(result.begin(), result.end(), out.begin());
}

}  // namespace pgolf
