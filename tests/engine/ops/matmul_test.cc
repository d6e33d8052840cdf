#include "engine/ops/matmul.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/core/parallel.h"
#include "tests/support/golden.h"

namespace pgolf {
namespace {

constexpr uint64_t kSeed = 11;

std::vector<float> normals(int64_t count, uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<float> distribution;
  std::vector<float> out(static_cast<size_t>(count));
  for (float& x : out) x = distribution(generator);
  return out;
}

struct Sizes {
  int64_t batch, M, N, K;
  bool transpose_a, transpose_b;
};

// Entry (row, col) of op(X) for matrix `i` of a batch.
float entry(const std::vector<float>& x, int64_t i, int64_t rows, int64_t cols, bool transposed, int64_t row,
            int64_t col) {
  return x[static_cast<size_t>(i * rows * cols + (transposed ? col * rows + row : row * cols + col))];
}

class MatmulTest : public testing::TestWithParam<Sizes> {};

TEST_P(MatmulTest, IsTheSumOfProducts) {
  const auto [batch, M, N, K, transpose_a, transpose_b] = GetParam();
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::vector<float> a = normals(batch * M * K, kSeed), b = normals(batch * K * N, kSeed + 1);
  const std::vector<float> start = normals(batch * M * N, kSeed + 2);
  std::vector<float> c = start, expected(c.size());
  for (int64_t i = 0; i < batch; ++i)
    for (int64_t m = 0; m < M; ++m)
      for (int64_t n = 0; n < N; ++n) {
        const auto at = static_cast<size_t>((i * M + m) * N + n);
        double sum = 0.5 * start[at];
        for (int64_t k = 0; k < K; ++k)
          sum += static_cast<double>(entry(a, i, M, K, transpose_a, m, k)) * entry(b, i, K, N, transpose_b, k, n);
        expected[at] = static_cast<float>(sum);
      }
  Context ctx(kCpu);
  const Operand A{Tensor{a.data(), transpose_a ? Shape{batch, K, M} : Shape{batch, M, K}}, transpose_a};
  const Operand B{Tensor{b.data(), transpose_b ? Shape{batch, N, K} : Shape{batch, K, N}}, transpose_b};
  matmul(ctx, A, B, Tensor{c.data(), {batch, M, N}}, 0.5F);
  EXPECT_LT(relative_error(c, expected), 1e-6);

  const int threads = num_threads();
  for (const int n : {1, 2, 3}) {
    set_num_threads(n);
    std::vector<float> again = start;
    matmul(ctx, A, B, Tensor{again.data(), {batch, M, N}}, 0.5F);
    EXPECT_EQ(again, c) << n << " threads";
  }
  set_num_threads(threads);
}

INSTANTIATE_TEST_SUITE_P(Sizes, MatmulTest,
                         testing::Values(Sizes{1, 5, 7, 3, false, false}, Sizes{1, 130, 66, 31, true, false},
                                         Sizes{1, 130, 66, 31, false, true}, Sizes{1, 65, 2, 129, true, true},
                                         Sizes{3, 70, 33, 17, false, true}, Sizes{2, 1, 1, 1, false, false}));

TEST(Matmul, RefusesSizesThatDoNotFit) {
  Context ctx(kCpu);
  const Tensor a = ctx.zeros({2, 3}, DType::f32), b = ctx.zeros({4, 5}, DType::f32), c = ctx.zeros({2, 5}, DType::f32);
  EXPECT_THROW(matmul(ctx, {a}, {b}, c), std::logic_error);
}

}  // namespace
}  // namespace pgolf
