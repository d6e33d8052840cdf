// Dense linear algebra of the quantisers, through LAPACK and BLAS. Results do not depend on the number of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace pgolf {

// The inverse of a symmetric positive definite [n, n] matrix, both triangles filled; empty if it is not definite.
std::optional<std::vector<double>> spd_inverse(std::vector<double> matrix, int64_t n);

// U with U^T U = matrix, upper triangular, zeros below; empty if the matrix is not positive definite.
std::optional<std::vector<double>> upper_cholesky(std::vector<double> matrix, int64_t n);

// The `rank` largest singular triplets of [rows, cols]: left = U_r S_r [rows, r], right = V_r^T [r, cols], r at most
// min(rows, cols). The sign of a pair is the one that bidiagonalisation without a preliminary QR gives, which is what
// the originals' LAPACK returns, and on which 2143's and 2097's lopsided factor grids depend.
struct LowRank {
  std::vector<float> left, right;
  int64_t rank;
};
LowRank truncated_svd(const std::vector<float>& matrix, int64_t rows, int64_t cols, int64_t rank);

// c += alpha a b for a block of columns: a [rows, k], b [k, n] with row stride ldb, c [rows, n] with row stride ldc.
void add_product(float alpha, const float* a, const float* b, int64_t ldb, float* c, int64_t ldc, int64_t rows,
                 int64_t k, int64_t n);

// Rows times the Sylvester-Hadamard matrix of size cols (a power of two) over sqrt(cols): symmetric, its own inverse.
void hadamard_rows(std::span<float> matrix, int64_t rows, int64_t cols);
// Q M Q for a square M.
void hadamard_both(std::span<float> matrix, int64_t n);

}  // namespace pgolf
