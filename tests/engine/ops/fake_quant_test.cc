#include "engine/ops/fake_quant.h"

#include <algorithm>
#include <cmath>

#include "engine/ops/linear.h"
#include "tests/support/golden.h"
#include "tests/support/op_check.h"

namespace pgolf {
namespace {

double quantile_of_magnitudes(const double* row, int64_t K, double q) {
  std::vector<double> sorted(row, row + K);
  for (double& x : sorted) x = std::abs(x);
  std::sort(sorted.begin(), sorted.end());
  const double rank = q * static_cast<double>(K - 1);
  const auto below = static_cast<size_t>(rank), above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (rank - std::floor(rank)) * (sorted[above] - sorted[below]);
}

RefTensor quantised(const RefTensor& w, const FakeQuant& form) {
  RefTensor out = w;
  const int64_t N = w.shape[0], K = w.shape[1];
  const auto clip = static_cast<double>(form.clip), alpha = static_cast<double>(form.soft_alpha);
  for (int64_t i = 0; i < N; ++i) {
    const double c = quantile_of_magnitudes(&w.data[static_cast<size_t>(i * K)], K, form.quantile);
    const double scale = std::max(c / clip, 1 / clip);
    for (int64_t j = 0; j < K; ++j) {
      const double y = w(i, j) / scale, r = y - std::floor(y) - 0.5;
      const double code =
          alpha == 0 ? std::nearbyint(y) : std::floor(y) + std::tanh(alpha * r) / (2 * std::tanh(alpha / 2)) + 0.5;
      out(i, j) = std::clamp(code, -clip - 1, clip) * scale;
    }
  }
  return out;
}

RefTensor product(const RefTensor& x, const RefTensor& w) {
  RefTensor y({x.shape[0], w.shape[0]});
  for (int64_t i = 0; i < x.shape[0]; ++i)
    for (int64_t o = 0; o < w.shape[0]; ++o)
      for (int64_t k = 0; k < x.shape[1]; ++k) y(i, o) += x(i, k) * w(o, k);
  return y;
}

// A linear map with quantised weights. Its derivative straight through: that of x (ŵ + w - w₀)ᵀ at w = w₀.
OpCase linear_case(std::string name, Shape w, FakeQuant form, double spread) {
  OpCase op{
      .name = std::move(name),
      .inputs = {activation("x", {5, w[1]}), parameter("weight", w, 0, spread)},
      .run = [=](Context& ctx, Inputs in) { return std::vector{linear(ctx, in[0], fake_quant(ctx, in[1], form))}; },
      .reference = [=](RefInputs in) { return std::vector{product(in[0], quantised(in[1], form))}; },
      .seed = 3};  // has no weight halfway between two codes, where float32 and float64 may part
  if (form.soft_alpha == 0) {
    op.surrogate = [=, start = reference_inputs(op)[1]](RefInputs in) {
      RefTensor shifted = quantised(start, form);
      for (size_t i = 0; i < shifted.data.size(); ++i) shifted.data[i] += in[1].data[i] - start.data[i];
      return std::vector{product(in[0], shifted)};
    };
  }
  return op;
}

INSTANTIATE_TEST_SUITE_P(
    FakeQuant, OpTest,
    testing::Values(linear_case("largest_to_31", {7, 33}, {.clip = 31}, 2.0),
                    linear_case("quantile_to_15", {9, 48}, {.clip = 15, .quantile = 0.9}, 2.0),
                    linear_case("scale_at_its_floor", {70, 16}, {.clip = 15}, 0.1),
                    linear_case("soft", {6, 21}, {.clip = 15, .quantile = 0.93, .soft_alpha = 4.0F}, 2.0),
                    linear_case("soft_at_the_floor", {4, 12}, {.clip = 15, .soft_alpha = 9.0F}, 0.1)),
    op_case_name);

// The number that follows `key` in a description such as "PR849 q=.9995 clip 15".
double number_after(const std::string& text, const std::string& key, double otherwise) {
  const size_t at = text.find(key);
  return at == std::string::npos ? otherwise : std::stod(text.substr(at + key.size()));
}

FakeQuant described(const std::string& text) {
  const bool soft = text.find("soft") != std::string::npos, largest = text.find("rowmax") != std::string::npos;
  const double clip = number_after(text, "range ", number_after(text, "clip ", 0));
  return {.clip = static_cast<int64_t>(clip),
          .quantile = largest ? 1.0 : number_after(text, "q=", 0.9995),
          .soft_alpha = soft ? static_cast<float>(number_after(text, "alpha=", 0)) : 0.0F};
}

// The linear modules of PR 754 and 849 themselves; their gradients are those of sum(y²).
TEST(FakeQuantGolden, LinearModules) {
  if (const std::string none = golden_missing({"quant_misc*"}); !none.empty()) GTEST_SKIP() << none;
  for (const auto& path : golden_files("quant_misc*")) {
    const GoldenFile golden(path);
    for (const auto& [name, description] : golden.meta().items()) {
      if (!description.is_string() || !golden.contains(name + "_gw")) continue;
      SCOPED_TRACE(golden.name() + ": " + name);
      const std::string inputs = golden.contains(name + "_w") ? name : "ste6";  // all use the same
      std::vector<float> w = golden.floats(inputs + "_w"), x = golden.floats(inputs + "_x");
      Context ctx(kCpu);
      GradSlot dw, dx;
      const Var weight(Tensor{w.data(), Shape(golden.shape(inputs + "_w"))}, &dw);
      const Var input(Tensor{x.data(), Shape(golden.shape(inputs + "_x"))}, &dx);
      ctx.start_tape();
      const Var y = linear(ctx, input, fake_quant(ctx, weight, described(description.get<std::string>())));
      const auto values = [](const Tensor& t) { return std::vector<float>(t.as<float>(), t.as<float>() + t.numel()); };
      EXPECT_LT(relative_error(values(y.value), golden.floats(name + "_y")), 1e-6);
      std::vector<float> upstream = values(y.value);
      for (float& g : upstream) g *= 2;
      *y.slot = {Tensor{upstream.data(), y.shape()}, true};
      ctx.backward(ctx.output(ctx.alloc({}, DType::f32), y));
      EXPECT_LT(relative_error(values(dx.grad), golden.floats(name + "_gx")), 1e-5);
      EXPECT_LT(relative_error(values(dw.grad), golden.floats(name + "_gw")), 1e-5);
    }
  }
}

TEST(FakeQuant, StraightThroughSharesTheWeightsGradient) {
  Context ctx(kCpu);
  GradSlot slot;
  const Var weight(ctx.zeros({2, 3}, DType::f32), &slot);
  EXPECT_EQ(fake_quant(ctx, weight, {.clip = 31}).slot, &slot);
  EXPECT_THROW(fake_quant(ctx, weight, {.clip = 0}), std::logic_error);
  EXPECT_THROW(fake_quant(ctx, weight, {.quantile = 1.5}), std::logic_error);
}

}  // namespace
}  // namespace pgolf
