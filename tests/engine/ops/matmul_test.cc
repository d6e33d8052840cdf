#include "engine/ops/matmul.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/core/device_info.h"
#include "engine/core/parallel.h"
#include "engine/core/transfer.h"
#include "engine/ops/cast.h"
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

std::vector<float> on_gpu(const Sizes& size, DType type, float beta, Determinism determinism) {
  Context ctx(Device{0}, type, determinism);
  const auto operand = [&](int64_t rows, int64_t cols, bool transposed, uint64_t seed) {
    const Shape shape = transposed ? Shape{size.batch, cols, rows} : Shape{size.batch, rows, cols};
    const Tensor out = ctx.alloc(shape, type);
    cast_into(ctx, upload(ctx, normals(shape.numel(), seed), shape), {out});
    return Operand{out, transposed};
  };
  const Operand a = operand(size.M, size.K, size.transpose_a, kSeed),
                b = operand(size.K, size.N, size.transpose_b, kSeed + 1);
  const Shape shape{size.batch, size.M, size.N};
  const Tensor c = upload(ctx, normals(shape.numel(), kSeed + 2), shape);
  matmul(ctx, a, b, c, beta);
  return download(ctx, c);
}

// Fast mode runs candidates beside C and then one into it: the sums may have another order, the product is the same.
TEST(MatmulGpu, FastModeGivesTheSameProduct) {
  if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  for (const Sizes& size : {Sizes{1, 512, 512, 2048, true, false}, Sizes{1, 257, 130, 4096, false, true},
                            Sizes{1, 1000, 96, 72, false, false}, Sizes{3, 64, 192, 512, false, true}})
    for (const DType type : {DType::f32, DType::bf16})
      for (const float beta : {0.0F, 1.0F})
        EXPECT_LT(relative_error(on_gpu(size, type, beta, Determinism::fast),
                                 on_gpu(size, type, beta, Determinism::repeatable)),
                  1e-5)
            << size.M << " x " << size.N << " x " << size.K << " " << dtype_name(type) << " beta " << beta;
}

}  // namespace
}  // namespace pgolf
