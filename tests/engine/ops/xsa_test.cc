#include "engine/ops/xsa.h"

#include <cmath>

#include "tests/support/on_columns.h"

namespace pgolf {
namespace {

RefTensor reference_xsa(const RefTensor& y, const RefTensor& v) {
  RefTensor z(y.shape);
  const int64_t H = y.shape[2], G = v.shape[2], d = y.shape[3];
  for (int64_t b = 0; b < y.shape[0]; ++b)
    for (int64_t t = 0; t < y.shape[1]; ++t)
      for (int64_t h = 0; h < H; ++h) {
        const int64_t g = h / (H / G);
        double squares = 0, along = 0;
        for (int64_t j = 0; j < d; ++j) {
          squares += v(b, t, g, j) * v(b, t, g, j);
          along += y(b, t, h, j) * v(b, t, g, j);
        }
        const double norm = std::max(std::sqrt(squares), 1e-12);
        for (int64_t j = 0; j < d; ++j) z(b, t, h, j) = y(b, t, h, j) - along / norm * v(b, t, g, j) / norm;
      }
  return z;
}

OpCase xsa_case(std::string name, int64_t B, int64_t T, int64_t H, int64_t G, int64_t d) {
  return {.name = std::move(name),
          .inputs = {activation("y", {B, T, H, d}), activation("v", {B, T, G, d})},
          .run = [](Context& ctx, Inputs in) { return std::vector{xsa(ctx, in[0], in[1])}; },
          .reference = [](RefInputs in) { return std::vector{reference_xsa(in[0], in[1])}; }};
}

INSTANTIATE_TEST_SUITE_P(Xsa, OpTest,
                         testing::Values(xsa_case("grouped", 2, 5, 4, 2, 8), xsa_case("one_head_each", 1, 40, 3, 3, 16),
                                         xsa_case("rows", 2, 50, 2, 1, 64),
                                         on_columns(xsa_case("grouped", 2, 5, 4, 2, 8), 1),
                                         on_columns(xsa_case("odd", 2, 5, 2, 2, 7), 1)),
                         op_case_name);

TEST(Xsa, ZeroValueLeavesTheHeadAlone) {
  Context ctx(kCpu);
  GradSlot dy, dv;
  std::vector<float> y = {1, -2, 3, 4};
  const Shape shape{1, 1, 1, 4};
  ctx.start_tape();
  const Var z = xsa(ctx, Var(Tensor{y.data(), shape}, &dy), Var(ctx.zeros(shape, DType::f32), &dv));
  EXPECT_EQ(std::vector<float>(z.value.as<float>(), z.value.as<float>() + 4), y);
}

// What is left has no component along the value, and taking it away twice changes nothing.
TEST(Xsa, ResultIsOrthogonalToTheValue) {
  Context ctx(kCpu);
  std::vector<float> y = {1, 2, 3, 4}, v = {0, 3, 0, 4};
  const Shape shape{1, 1, 1, 4};
  const Var z = xsa(ctx, Tensor{y.data(), shape}, Tensor{v.data(), shape});
  const float* out = z.value.as<float>();
  EXPECT_NEAR(out[1] * 3 + out[3] * 4, 0, 1e-5);
  const Var again = xsa(ctx, z, Tensor{v.data(), shape});
  for (int j = 0; j < 4; ++j) EXPECT_NEAR(again.value.as<float>()[j], out[j], 1e-5);
}

TEST(Xsa, RefusesHeadsThatDoNotDivide) {
  Context ctx(kCpu);
  const Tensor y = ctx.zeros({1, 2, 4, 8}, DType::f32);
  EXPECT_THROW(xsa(ctx, y, ctx.zeros({1, 2, 3, 8}, DType::f32)), std::logic_error);
  EXPECT_THROW(xsa(ctx, y, ctx.zeros({1, 2, 2, 4}, DType::f32)), std::logic_error);
}

}  // namespace
}  // namespace pgolf
