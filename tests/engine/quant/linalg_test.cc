#include "engine/quant/linalg.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/support/golden.h"

namespace pgolf {
namespace {

constexpr uint32_t kSeed = 31;

std::vector<float> random_matrix(int64_t numel, uint32_t seed = kSeed) {
  std::mt19937 rng(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out(static_cast<size_t>(numel));
  for (auto& v : out) v = normal(rng);
  return out;
}

// X^T X + I of a random X.
std::vector<double> random_spd(int64_t n) {
  const auto x = random_matrix(n * n);
  std::vector<double> out(static_cast<size_t>(n * n));
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      double sum = i == j;
      for (int64_t k = 0; k < n; ++k)
        sum += static_cast<double>(x[static_cast<size_t>(k * n + i)]) * x[static_cast<size_t>(k * n + j)];
      out[static_cast<size_t>(i * n + j)] = sum;
    }
  return out;
}

double largest_difference_from_identity(const std::vector<double>& a, const std::vector<double>& b, int64_t n) {
  double largest = 0;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t k = 0; k < n; ++k) sum += a[static_cast<size_t>(i * n + k)] * b[static_cast<size_t>(k * n + j)];
      largest = std::max(largest, std::fabs(sum - (i == j)));
    }
  return largest;
}

TEST(Linalg, InverseAndCholesky) {
  const int64_t n = 37;
  const auto matrix = random_spd(n);
  const auto inverse = spd_inverse(matrix, n);
  ASSERT_TRUE(inverse);
  EXPECT_LT(largest_difference_from_identity(matrix, *inverse, n), 1e-10);
  const auto u = upper_cholesky(matrix, n);
  ASSERT_TRUE(u);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t k = 0; k < n; ++k)
        sum += (*u)[static_cast<size_t>(k * n + i)] * (*u)[static_cast<size_t>(k * n + j)];
      ASSERT_NEAR(sum, matrix[static_cast<size_t>(i * n + j)], 1e-10);
      if (j < i) {
        ASSERT_EQ((*u)[static_cast<size_t>(i * n + j)], 0.0);
      }
    }
  EXPECT_FALSE(spd_inverse({1, 2, 2, 1}, 2));
  EXPECT_FALSE(upper_cholesky({1, 2, 2, 1}, 2));
}

// A sum of r outer products is recovered exactly, for tall, wide and square matrices.
TEST(Linalg, TruncatedSvdRecoversALowRankMatrix) {
  const int64_t rank = 3;
  for (const auto& [rows, cols] : {std::pair<int64_t, int64_t>{40, 12}, {12, 40}, {20, 20}, {5, 200}}) {
    const auto a = random_matrix(rows * rank, 1), b = random_matrix(rank * cols, 2);
    std::vector<float> product(static_cast<size_t>(rows * cols));
    add_product(1.0F, a.data(), b.data(), cols, product.data(), cols, rows, rank, cols);
    const LowRank svd = truncated_svd(product, rows, cols, rank);
    std::vector<float> back(product.size());
    add_product(1.0F, svd.left.data(), svd.right.data(), cols, back.data(), cols, rows, rank, cols);
    EXPECT_LT(relative_error(back, product), 1e-5) << rows << " x " << cols;
    for (int64_t k = 0; k < rank; ++k) {
      double length = 0;
      for (int64_t j = 0; j < cols; ++j) length += std::pow(svd.right[static_cast<size_t>(k * cols + j)], 2);
      EXPECT_NEAR(length, 1.0, 1e-5);
    }
  }
  EXPECT_EQ(truncated_svd({1, 2, 3, 4}, 2, 2, 9).rank, 2);
}

TEST(Linalg, HadamardIsTheSylvesterMatrixAndItsOwnInverse) {
  std::vector<float> identity(16 * 16);
  for (int64_t i = 0; i < 16; ++i) identity[static_cast<size_t>(i * 17)] = 1;
  hadamard_rows(identity, 16, 16);
  for (int64_t i = 0; i < 16; ++i)
    for (int64_t j = 0; j < 16; ++j)
      ASSERT_EQ(identity[static_cast<size_t>(i * 16 + j)],
                __builtin_parityll(static_cast<unsigned long long>(i & j)) ? -0.25F : 0.25F);
  const auto original = random_matrix(9 * 64);
  auto rotated = original;
  hadamard_rows(rotated, 9, 64);
  hadamard_rows(rotated, 9, 64);
  EXPECT_LT(relative_error(rotated, original), 1e-6);
}

// x^T H x is the same for x and Q H Q when x is rotated too.
TEST(Linalg, HadamardBothKeepsTheQuadraticForm) {
  const int64_t n = 32;
  const auto spd = random_spd(n);
  std::vector<float> h(spd.begin(), spd.end()), x = random_matrix(n);
  const auto form = [&] {
    double sum = 0;
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j)
        sum += static_cast<double>(x[static_cast<size_t>(i)]) * h[static_cast<size_t>(i * n + j)] *
               x[static_cast<size_t>(j)];
    return sum;
  };
  const double before = form();
  hadamard_rows(x, 1, n);
  hadamard_both(h, n);
  EXPECT_NEAR(form() / before, 1.0, 1e-5);
}

}  // namespace
}  // namespace pgolf
