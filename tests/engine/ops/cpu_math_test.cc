#include "engine/ops/cpu_math.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace pgolf {
namespace {

// Largest relative difference of f from the library in float64, over [low, high].
template <class F, class G>
double worst_error(F f, G exact, double low, double high) {
  constexpr int kPoints = 200001;
  double worst = 0;
  for (int i = 0; i < kPoints; ++i) {
    const auto x = static_cast<float>(low + (high - low) * i / (kPoints - 1));
    const double expected = exact(static_cast<double>(x));
    if (expected != 0) worst = std::max(worst, std::abs(static_cast<double>(f(x)) / expected - 1));
  }
  return worst;
}

constexpr double kUnit = 0x1p-23;  // of float32 at 1

TEST(CpuMath, ExponentialIsWithinTwoUnits) {
  EXPECT_LT(worst_error(
                exp_of, [](double x) { return std::exp(x); }, -87, 88),
            2 * kUnit);
  EXPECT_EQ(exp_of(0.0F), 1.0F);
  EXPECT_LT(exp_of(-1e30F), 1.2e-38F);
  EXPECT_GT(exp_of(1e30F), 2e38F);
  EXPECT_TRUE(std::isnan(exp_of(std::numeric_limits<float>::quiet_NaN())));
}

TEST(CpuMath, TanhAndSigmoidAreWithinFourUnits) {
  EXPECT_LT(worst_error(
                tanh_of, [](double x) { return std::tanh(x); }, -0.25, 0.25),
            4 * kUnit);
  EXPECT_LT(worst_error(
                tanh_of, [](double x) { return std::tanh(x); }, 0.25, 20),
            4 * kUnit);
  EXPECT_LT(worst_error(
                sigmoid_of, [](double x) { return 1 / (1 + std::exp(-x)); }, -80, 80),
            4 * kUnit);
  EXPECT_EQ(tanh_of(1e30F), 1.0F);
  EXPECT_EQ(tanh_of(-1e30F), -1.0F);
}

}  // namespace
}  // namespace pgolf
