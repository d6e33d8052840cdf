#include <lapacke.h>

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "engine/quant/linalg.h"

namespace pgolf {
namespace {

void require(lapack_int info, std::string_view step, int64_t rows, int64_t cols) {
  if (info != 0) fail(ErrorKind::machine, "LAPACK's {} of a [{}, {}] matrix failed ({})", step, rows, cols, info);
}

// Column-major Q B P^T = matrix with B bidiagonal: upper if rows >= cols, else lower.
struct Bidiagonal {
  lapack_int rows, cols, full;
  std::vector<float> reflectors, diagonal, off_diagonal, tau_q, tau_p;

  Bidiagonal(const std::vector<float>& matrix, int64_t m, int64_t n)
      : rows(static_cast<lapack_int>(m)),
        cols(static_cast<lapack_int>(n)),
        full(std::min(rows, cols)),
        reflectors(matrix.size()),
        diagonal(static_cast<size_t>(full)),
        off_diagonal(diagonal),
        tau_q(diagonal),
        tau_p(diagonal) {
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j)
        reflectors[static_cast<size_t>(j * m + i)] = matrix[static_cast<size_t>(i * n + j)];
    require(LAPACKE_sgebrd(LAPACK_COL_MAJOR, rows, cols, reflectors.data(), rows, diagonal.data(), off_diagonal.data(),
                           tau_q.data(), tau_p.data()),
            "bidiagonalisation", m, n);
  }

  // c [rows, r] column-major becomes Q c.
  void apply_q(std::vector<float>& c, lapack_int r) const {
    require(LAPACKE_sormbr(LAPACK_COL_MAJOR, 'Q', 'L', 'N', rows, r, cols, reflectors.data(), rows, tau_q.data(),
                           c.data(), rows),
            "left transformation", rows, cols);
  }
  // c [r, cols] column-major becomes c P^T.
  void apply_p(std::vector<float>& c, lapack_int r) const {
    require(LAPACKE_sormbr(LAPACK_COL_MAJOR, 'P', 'R', 'T', r, cols, rows, reflectors.data(), rows, tau_p.data(),
                           c.data(), r),
            "right transformation", rows, cols);
  }
};

}  // namespace

LowRank truncated_svd(const std::vector<float>& matrix, int64_t rows, int64_t cols, int64_t rank) {
  Bidiagonal b(matrix, rows, cols);
  const int64_t full = b.full;
  rank = std::min(rank, full);
  std::vector<float> u(static_cast<size_t>(full * full)), vt(u);  // column-major, of the bidiagonal matrix
  require(LAPACKE_sbdsdc(LAPACK_COL_MAJOR, rows >= cols ? 'U' : 'L', 'I', b.full, b.diagonal.data(),
                         b.off_diagonal.data(), u.data(), b.full, vt.data(), b.full, nullptr, nullptr),
          "singular value decomposition", rows, cols);
  const auto r = static_cast<lapack_int>(rank);
  std::vector<float> left(static_cast<size_t>(rows * rank)), right(static_cast<size_t>(rank * cols));
  for (int64_t k = 0; k < rank; ++k)
    for (int64_t i = 0; i < full; ++i) {
      left[static_cast<size_t>(k * rows + i)] = u[static_cast<size_t>(k * full + i)];
      right[static_cast<size_t>(i * rank + k)] = vt[static_cast<size_t>(i * full + k)];
    }
  b.apply_q(left, r);
  b.apply_p(right, r);
  LowRank out{std::vector<float>(left.size()), std::vector<float>(right.size()), rank};
  for (int64_t k = 0; k < rank; ++k) {
    for (int64_t i = 0; i < rows; ++i)
      out.left[static_cast<size_t>(i * rank + k)] =
          left[static_cast<size_t>(k * rows + i)] * b.diagonal[static_cast<size_t>(k)];
    for (int64_t j = 0; j < cols; ++j)
      out.right[static_cast<size_t>(k * cols + j)] = right[static_cast<size_t>(j * rank + k)];
  }
  return out;
}

}  // namespace pgolf
