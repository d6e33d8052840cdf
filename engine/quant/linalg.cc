#include "engine/quant/linalg.h"

#include <cblas.h>
#include <lapacke.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "engine/core/parallel.h"

namespace pgolf {
namespace {

constexpr int64_t kRowGrain = 64;  // fixed, so that a row is always computed the same way

// Row-major and column-major agree on symmetric matrices; LAPACK's lower triangle is our upper one.
constexpr char kOurUpper = 'L';

void copy_upper_to_lower(std::vector<double>& matrix, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = i + 1; j < n; ++j) matrix[static_cast<size_t>(j * n + i)] = matrix[static_cast<size_t>(i * n + j)];
}

void transpose_square(std::span<float> matrix, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = i + 1; j < n; ++j)
      std::swap(matrix[static_cast<size_t>(i * n + j)], matrix[static_cast<size_t>(j * n + i)]);
}

}  // namespace

std::optional<std::vector<double>> spd_inverse(std::vector<double> matrix, int64_t n) {
  const auto size = static_cast<lapack_int>(n);
  if (LAPACKE_dpotrf(LAPACK_COL_MAJOR, kOurUpper, size, matrix.data(), size) != 0) return std::nullopt;
  if (LAPACKE_dpotri(LAPACK_COL_MAJOR, kOurUpper, size, matrix.data(), size) != 0) return std::nullopt;
  copy_upper_to_lower(matrix, n);
  return matrix;
}

std::optional<std::vector<double>> upper_cholesky(std::vector<double> matrix, int64_t n) {
  const auto size = static_cast<lapack_int>(n);
  if (LAPACKE_dpotrf(LAPACK_COL_MAJOR, kOurUpper, size, matrix.data(), size) != 0) return std::nullopt;
  for (int64_t i = 0; i < n; ++i) std::fill_n(matrix.begin() + i * n, i, 0.0);
  return matrix;
}

void add_product(float alpha, const float* a, const float* b, int64_t ldb, float* c, int64_t ldc, int64_t rows,
                 int64_t k, int64_t n) {
  parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<int>(end - begin), static_cast<int>(n),
                static_cast<int>(k), alpha, a + begin * k, static_cast<int>(k), b, static_cast<int>(ldb), 1.0F,
                c + begin * ldc, static_cast<int>(ldc));
  });
}

void hadamard_rows(std::span<float> matrix, int64_t rows, int64_t cols) {
  const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(cols)));
  parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* row = matrix.data() + i * cols;
      for (int64_t half = 1; half < cols; half *= 2)
        for (int64_t block = 0; block < cols; block += 2 * half)
          for (int64_t j = block; j < block + half; ++j) {
            const float a = row[j], b = row[j + half];
            row[j] = a + b;
            row[j + half] = a - b;
          }
      for (int64_t j = 0; j < cols; ++j) row[j] *= scale;
    }
  });
}

void hadamard_both(std::span<float> matrix, int64_t n) {
  hadamard_rows(matrix, n, n);
  transpose_square(matrix, n);
  hadamard_rows(matrix, n, n);
  transpose_square(matrix, n);
}

}  // namespace pgolf
