// The definition of error feedback against its formula, to the last bit: tiles, threads and vectors change nothing.
#include "engine/quant/error_feedback.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <utility>

#include "engine/core/backend.h"
#include "engine/core/parallel.h"
#include "engine/quant/row_codes.h"

namespace pgolf {
namespace {

constexpr uint32_t kSeed = 8123;

FeedbackProblem random_problem(int64_t rows, int64_t cols) {
  std::mt19937 rng(kSeed + static_cast<uint32_t>(rows * 31 + cols));
  std::normal_distribution<float> normal;
  const auto random = [&](int64_t n, float scale, float offset) {
    std::vector<float> out(static_cast<size_t>(n));
    for (float& v : out) v = offset + scale * normal(rng);
    return out;
  };
  FeedbackProblem p{.rows = rows,
                    .cols = cols,
                    .weights = random(rows * cols, 0.1F, 0),
                    .factor = random(cols * cols, 0.05F, 0),
                    .divisor = random(cols, 0.05F, 1),
                    .is_fine = {},
                    .plain = {random(rows, 1e-3F, 0.03F), 7},
                    .fine = {random(rows, 1e-4F, 0.002F), 127}};
  for (int64_t j = 0; j < cols; ++j) p.is_fine.push_back(rng() % 5 == 0);
  return p;
}

std::vector<int8_t> by_the_formula(const FeedbackProblem& p) {
  std::vector<int8_t> codes(p.weights.size());
  const auto m = [&](int64_t j, int64_t k) { return p.factor[static_cast<size_t>(j * p.cols + k)]; };
  for (int64_t i = 0; i < p.rows; ++i) {
    std::vector<float> row(p.weights.begin() + i * p.cols, p.weights.begin() + (i + 1) * p.cols), sums(row.size());
    for (int64_t j = 0; j < p.cols; ++j) {
      const auto column = static_cast<size_t>(j);
      if (j % kBlockColumns == 0)
        for (size_t k = column; k < row.size(); ++k) row[k] -= std::exchange(sums[k], 0.0F);
      const CodeGrid& grid = p.is_fine[column] ? p.fine : p.plain;
      const float scale = grid.scales[static_cast<size_t>(i)];
      const int8_t code = code_of(row[column], scale, -grid.top, grid.top);
      codes[static_cast<size_t>(i * p.cols + j)] = code;
      const float error = (row[column] - static_cast<float>(code) * scale) / p.divisor[column];
      for (int64_t k = j + 1; k < p.cols; ++k) {
        const auto later = static_cast<size_t>(k);
        if (k / kBlockColumns == j / kBlockColumns) {
          const float product = error * m(j, k);
          row[later] -= product;
        } else {
          sums[later] = std::fma(error, m(j, k), sums[later]);
        }
      }
    }
  }
  return codes;
}

TEST(ErrorFeedback, IsItsFormulaForAnyShapeAndNumberOfThreads) {
  Context cpu(kCpu);
  for (const auto& [rows, cols] :
       {std::pair<int64_t, int64_t>{1, 1}, {3, 31}, {40, 128}, {5, 129}, {33, 300}, {2, 700}}) {
    SCOPED_TRACE(testing::Message() << rows << " x " << cols << ", seed " << kSeed);
    const FeedbackProblem problem = random_problem(rows, cols);
    const auto expected = by_the_formula(problem);
    for (const int threads : {1, 3}) {
      set_num_threads(threads);
      EXPECT_EQ(ErrorFeedback<Cpu>::run(cpu, problem), expected);
    }
  }
}

}  // namespace
}  // namespace pgolf
