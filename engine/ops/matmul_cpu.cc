#include <cblas.h>

#include <algorithm>

#include "engine/core/backend.h"
#include "engine/core/parallel.h"
#include "engine/ops/matmul.h"

namespace pgolf {
namespace {
constexpr int64_t kRowBlock = 64;  // rows of C per piece: fixed, so that every row is always computed the same way
}

template <>
void MatmulKernel<Cpu>::run(Context&, Operand a, Operand b, const Tensor& c, float beta, const Tensor& summand) {
  const int64_t batch = c.shape.rank() == 3 ? c.shape[0] : 1;
  const int64_t M = c.shape[-2], N = c.shape[-1], K = a.transposed ? a.matrix.shape[-2] : a.matrix.shape[-1];
  const int64_t lda = row_stride(a.matrix), ldb = row_stride(b.matrix), ldc = row_stride(c);
  const float *a0 = a.matrix.first<float>(), *b0 = b.matrix.first<float>(), *s0 = summand.first<float>();
  float* c0 = c.first<float>();
  const int64_t blocks = (M + kRowBlock - 1) / kRowBlock;
  parallel_for(batch * blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece) {
      const int64_t i = piece / blocks, row = piece % blocks * kRowBlock, rows = std::min(kRowBlock, M - row);
      const float* A = a0 + i * a.matrix.shape[-2] * lda + (a.transposed ? row : row * lda);
      float* C = c0 + (i * M + row) * ldc;
      if (beta != 0 && s0 != c0) std::copy_n(s0 + (C - c0), rows * N, C);
      cblas_sgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans, b.transposed ? CblasTrans : CblasNoTrans,
                  static_cast<int>(rows), static_cast<int>(N), static_cast<int>(K), 1.0F, A, static_cast<int>(lda),
                  b0 + i * b.matrix.shape[-2] * ldb, static_cast<int>(ldb), beta, C, static_cast<int>(ldc));
    }
  });
}

template <>
std::vector<std::string> MatmulKernel<Cpu>::table_rows(Context&) {
  return {};
}

}  // namespace pgolf
