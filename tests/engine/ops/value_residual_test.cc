#include "engine/ops/value_residual.h"

#include "tests/support/on_columns.h"

namespace pgolf {
namespace {

OpCase value_residual_case(std::string name, Shape shape) {
  return {.name = std::move(name),
          .inputs = {activation("a", shape), activation("b", shape), parameter("weights", {2}, 0.5)},
          .run = [](Context& ctx, Inputs in) { return std::vector{value_residual(ctx, in[0], in[1], in[2])}; },
          .reference =
              [=](RefInputs in) {
                RefTensor y(shape);
                for (size_t i = 0; i < y.data.size(); ++i)
                  y.data[i] = in[2](0) * in[0].data[i] + in[2](1) * in[1].data[i];
                return std::vector{y};
              }};
}

OpCase scaled_case(std::string name, Shape shape, Shape gain) {
  return {.name = std::move(name),
          .inputs = {activation("x", shape), parameter("gain", gain, 1)},
          .run = [](Context& ctx, Inputs in) { return std::vector{scaled(ctx, in[0], in[1])}; },
          .reference =
              [](RefInputs in) {
                RefTensor y = in[0];
                for (double& x : y.data) x *= in[1].data[0];
                return std::vector{y};
              }};
}

INSTANTIATE_TEST_SUITE_P(ValueResidual, OpTest,
                         testing::Values(value_residual_case("heads", {2, 3, 2, 8}),
                                         value_residual_case("rows", {2, 100, 96}),
                                         on_columns(value_residual_case("first", {2, 3, 2, 8}), 0),
                                         on_columns(value_residual_case("second", {2, 9, 24}), 1),
                                         on_columns(value_residual_case("odd", {2, 9, 5}), 1),
                                         scaled_case("scalar_gain", {2, 70, 9}, {}),
                                         scaled_case("vector_of_one", {3, 4}, {1})),
                         op_case_name);

TEST(ValueResidual, RefusesShapesThatDoNotFit) {
  Context ctx(kCpu);
  const Tensor a = ctx.zeros({2, 3}, DType::f32), b = ctx.zeros({3, 2}, DType::f32);
  EXPECT_THROW(value_residual(ctx, a, b, ctx.zeros({2}, DType::f32)), std::logic_error);
  EXPECT_THROW(value_residual(ctx, a, a, ctx.zeros({3}, DType::f32)), std::logic_error);
  EXPECT_THROW(scaled(ctx, a, ctx.zeros({3}, DType::f32)), std::logic_error);
}

}  // namespace
}  // namespace pgolf
