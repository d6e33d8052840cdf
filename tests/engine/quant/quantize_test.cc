// What must hold for any weights: error bounds, degenerate rows, refusals, and nothing but the stored parts is needed.
#include "engine/quant/quantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/error.h"
#include "engine/codec/container.h"
#include "engine/codec/float16.h"
#include "engine/core/parallel.h"
#include "tests/support/golden.h"

namespace pgolf {
namespace {

constexpr int64_t kRows = 24, kCols = 64;
constexpr uint32_t kSeed = 77;

struct Case {
  std::vector<float> weights, hessian, rms;
  QuantInput input() const { return {weights, hessian, rms}; }
};

// Correlated inputs, so that error feedback has something to use.
Case random_case(float sigma = 0.3F, uint32_t seed = kSeed) {
  std::mt19937 rng(seed);
  std::normal_distribution<float> normal;
  Case c;
  c.weights.resize(kRows * kCols);
  for (auto& w : c.weights) w = sigma * normal(rng);
  c.hessian.assign(kCols * kCols, 0);
  c.rms.assign(kCols, 0);
  for (int sample = 0; sample < 200; ++sample) {
    std::vector<float> x(kCols);
    float shared = normal(rng);
    for (auto& v : x) v = shared = 0.7F * shared + normal(rng);
    for (int64_t i = 0; i < kCols; ++i)
      for (int64_t j = 0; j < kCols; ++j)
        c.hessian[static_cast<size_t>(i * kCols + j)] += x[static_cast<size_t>(i)] * x[static_cast<size_t>(j)] / 200;
  }
  for (int64_t i = 0; i < kCols; ++i)
    c.rms[static_cast<size_t>(i)] = std::sqrt(c.hessian[static_cast<size_t>(i * kCols + i)]);
  return c;
}

PlanEntry entry(Coding coding, int64_t bits) {
  PlanEntry e;
  e.name = "blocks.0.attn.c_q.weight";
  e.shape = {kRows, kCols};
  e.coding = coding;
  e.bits = bits;
  e.clip_sigmas = 4;
  return e;
}

ArtifactTensor coded(const PlanEntry& e, const Case& c) {
  CodingDevice cpu(kCpu);
  return quantize(cpu, e, {}, c.input());
}

const std::vector<std::pair<Coding, int64_t>> kCodings{{Coding::row_absmax, 5},  {Coding::row_quantile, 8},
                                                       {Coding::clip_search, 6}, {Coding::gptq_ascending, 5},
                                                       {Coding::gptq, 6},        {Coding::gate_rows, 8}};

float at(const std::vector<float>& matrix, int64_t row, int64_t col) {
  return matrix[static_cast<size_t>(row * kCols + col)];
}

// trace((W - Q) H (W - Q)^T): what GPTQ makes small.
double proxy_loss(const Case& c, const std::vector<float>& q) {
  double total = 0;
  for (int64_t r = 0; r < kRows; ++r)
    for (int64_t i = 0; i < kCols; ++i)
      for (int64_t j = 0; j < kCols; ++j)
        total += static_cast<double>(at(c.weights, r, i) - at(q, r, i)) * at(c.hessian, i, j) *
                 (at(c.weights, r, j) - at(q, r, j));
  return total;
}

TEST(Quantize, RowCodesStayWithinHalfAStep) {
  const Case c = random_case(3.0F);
  for (const auto& [coding, bits] : {std::pair{Coding::row_absmax, 5}, {Coding::gate_rows, 8}}) {
    const PlanEntry e = entry(coding, bits);
    const ArtifactTensor t = coded(e, c);
    const auto back = dequantize(t);
    for (int64_t r = 0; r < kRows; ++r) {
      float largest = 0;
      for (int64_t j = 0; j < kCols; ++j)
        largest = std::max(largest, std::fabs(c.weights[static_cast<size_t>(r * kCols + j)]));
      // Half a step, and what rounding the scale to float16 can take from the largest code.
      const float bound = largest / static_cast<float>(e.code_max()) * 0.5F + largest * 0x1p-11F;
      for (int64_t j = 0; j < kCols; ++j)
        ASSERT_LE(std::fabs(back[static_cast<size_t>(r * kCols + j)] - c.weights[static_cast<size_t>(r * kCols + j)]),
                  bound);
    }
  }
}

TEST(Quantize, MoreBitsLoseLess) {
  const Case c = random_case();
  for (const Coding coding : {Coding::row_absmax, Coding::clip_search, Coding::gptq, Coding::gptq_ascending}) {
    double previous = std::numeric_limits<double>::infinity();
    for (int64_t bits = 3; bits <= 8; ++bits) {
      const double error = relative_error(dequantize(coded(entry(coding, bits), c)), c.weights);
      EXPECT_LT(error, previous) << "bits " << bits;
      previous = error;
    }
    EXPECT_LT(previous, 0.03);
  }
}

TEST(Quantize, ErrorFeedbackServesTheInputs) {
  const Case c = random_case();
  const PlanEntry e = entry(Coding::gptq, 4);
  const auto with = dequantize(coded(e, c));
  Case blind = c;
  for (int64_t i = 0; i < kCols; ++i)
    for (int64_t j = 0; j < kCols; ++j)
      if (i != j) blind.hessian[static_cast<size_t>(i * kCols + j)] = 0;
  const auto without = dequantize(coded(e, blind));
  EXPECT_LT(proxy_loss(c, with), 0.8 * proxy_loss(c, without));
}

TEST(Quantize, RotationAloneIsUndone) {
  const Case c = random_case();
  PlanEntry e = entry(Coding::gptq, 8);
  e.hadamard = true;
  const ArtifactTensor t = coded(e, c);
  EXPECT_EQ(t.encoding, "int8+hadamard");
  EXPECT_LT(relative_error(dequantize(t), c.weights), 0.02);
}

TEST(Quantize, ZeroRowsStayZeroAndConstantRowsStayFinite) {
  for (const auto& [coding, bits] : kCodings) {
    Case c = random_case();
    std::fill_n(c.weights.begin(), kCols, 0.0F);
    std::fill_n(c.weights.begin() + kCols, kCols, -0.5F);
    const auto back = dequantize(coded(entry(coding, bits), c));
    for (int64_t j = 0; j < kCols; ++j) ASSERT_EQ(back[static_cast<size_t>(j)], 0.0F);
    for (const float v : back) ASSERT_TRUE(std::isfinite(v));
    // GPTQ's scale is a multiple of the spread, and a constant row has none; the others keep it to half a step.
    if (coding != Coding::gptq) {
      for (int64_t j = kCols; j < 2 * kCols; ++j) ASSERT_NEAR(back[static_cast<size_t>(j)], -0.5F, 0.51F / 15) << bits;
    }
  }
}

TEST(Quantize, WholeZeroMatrixAndDeadInputs) {
  for (const auto& [coding, bits] : kCodings) {
    Case c = random_case(0.0F);
    for (const float v : dequantize(coded(entry(coding, bits), c))) ASSERT_EQ(v, 0.0F);
  }
  Case c = random_case();
  for (int64_t k = 0; k < kCols; ++k)
    c.hessian[static_cast<size_t>(5 * kCols + k)] = c.hessian[static_cast<size_t>(k * kCols + 5)] = 0;
  const auto back = dequantize(coded(entry(Coding::gptq, 6), c));
  for (int64_t r = 0; r < kRows; ++r) EXPECT_EQ(back[static_cast<size_t>(r * kCols + 5)], 0.0F);
}

TEST(Quantize, PruningZeroesTheSmallest) {
  const Case c = random_case();
  PlanEntry e = entry(Coding::row_absmax, 8);
  e.prune_fraction = 0.25;
  const auto back = dequantize(coded(e, c));
  int zeros = 0;
  for (size_t i = 0; i < back.size(); ++i) zeros += back[i] == 0;
  EXPECT_GE(zeros, kRows * kCols / 4);
  EXPECT_LT(zeros, kRows * kCols / 4 + 80);
}

TEST(Quantize, RefusesWhatCannotBeStored) {
  for (const float bad : {std::nanf(""), INFINITY, -INFINITY}) {
    Case c = random_case();
    c.weights[17] = bad;
    for (const auto& [coding, bits] : kCodings) {
      try {
        coded(entry(coding, bits), c);
        FAIL() << "accepted " << bad;
      } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::submission);
        EXPECT_NE(std::string(e.what()).find("'blocks.0.attn.c_q.weight': weight 17"), std::string::npos) << e.what();
      }
    }
  }
  Case huge = random_case(1e30F);
  for (const auto& [coding, bits] : kCodings) EXPECT_THROW(coded(entry(coding, bits), huge), Error);
  EXPECT_THROW(coded(entry(Coding::f16, 0), huge), Error);
  EXPECT_EQ(dequantize(coded(entry(Coding::f32, 0), huge)), huge.weights);
  Case indefinite = random_case();
  indefinite.hessian[0] = -1e3F;
  EXPECT_THROW(coded(entry(Coding::gptq, 6), indefinite), Error);
}

TEST(Quantize, LargeButStorableValuesSurvive) {
  const Case c = random_case(5e3F);
  for (const auto& [coding, bits] : kCodings)
    EXPECT_LT(relative_error(dequantize(coded(entry(coding, bits), c)), c.weights), 0.15);
}

}  // namespace
}  // namespace pgolf
