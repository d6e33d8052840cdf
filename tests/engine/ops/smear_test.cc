#include "engine/ops/smear.h"

#include <cmath>

#include "tests/support/op_check.h"

namespace pgolf {
namespace {

OpCase smear_fixed_case(std::string name, Shape shape) {
  return {.name = std::move(name),
          .inputs = {stream("x", shape), parameter("gate", {shape[2]})},
          .run = [](Context& ctx, Inputs in) { return std::vector{smear_fixed(ctx, in[0], in[1])}; },
          .reference =
              [=](RefInputs in) {
                RefTensor y(shape);
                for (int64_t b = 0; b < shape[0]; ++b)
                  for (int64_t t = 0; t < shape[1]; ++t)
                    for (int64_t j = 0; j < shape[2]; ++j) {
                      const double g = 1 / (1 + std::exp(-in[1](j)));
                      y(b, t, j) = (1 - g) * in[0](b, t, j) + (t > 0 ? g * in[0](b, t - 1, j) : 0);
                    }
                return std::vector{y};
              }};
}

OpCase smear_windowed_case(std::string name, Shape shape, int64_t window) {
  constexpr int64_t kBos = 1;
  return {.name = std::move(name),
          .inputs = {stream("x", shape), parameter("weight", {1, window}, 0, 0.5), parameter("lambda", {1}),
                     integers("ids", {shape[0], shape[1]}, 4)},
          .run = [](Context& ctx,
                    Inputs in) { return std::vector{smear_windowed(ctx, in[0], in[3].value, in[1], in[2], kBos)}; },
          .reference =
              [=](RefInputs in) {
                RefTensor y = in[0];
                for (int64_t b = 0; b < shape[0]; ++b)
                  for (int64_t t = 1; t < shape[1]; ++t) {
                    if (in[3](b, t) == kBos) continue;
                    double logit = 0;
                    for (int64_t j = 0; j < window; ++j) logit += in[1](0, j) * in[0](b, t, j);
                    const double g = in[2](0) / (1 + std::exp(-logit));
                    for (int64_t j = 0; j < shape[2]; ++j) y(b, t, j) += g * in[0](b, t - 1, j);
                  }
                return std::vector{y};
              }};
}

INSTANTIATE_TEST_SUITE_P(SmearWindowed, OpTest,
                         testing::Values(smear_windowed_case("rows", {3, 50, 16}, 12),
                                         smear_windowed_case("whole_width", {2, 7, 5}, 5),
                                         smear_windowed_case("one_position", {4, 1, 8}, 3)),
                         op_case_name);

INSTANTIATE_TEST_SUITE_P(SmearFixed, OpTest,
                         testing::Values(smear_fixed_case("rows", {3, 50, 6}),
                                         smear_fixed_case("one_position", {4, 1, 5}),
                                         smear_fixed_case("wide", {1, 3, 128})),
                         op_case_name);

TEST(Smear, RefusesShapesThatDoNotFit) {
  Context ctx(kCpu);
  const Tensor x = ctx.zeros({2, 3, 8}, DType::f32), lambda = ctx.zeros({1}, DType::f32);
  const Tensor ids = ctx.zeros({2, 3}, DType::i32);
  EXPECT_THROW(smear_fixed(ctx, x, ctx.zeros({7}, DType::f32)), std::logic_error);
  EXPECT_THROW(smear_windowed(ctx, x, ids, ctx.zeros({1, 9}, DType::f32), lambda, 1), std::logic_error);
  EXPECT_THROW(smear_windowed(ctx, x, ctx.zeros({3, 2}, DType::i32), ctx.zeros({1, 4}, DType::f32), lambda, 1),
               std::logic_error);
}

}  // namespace
}  // namespace pgolf
