#include "engine/ops/skip.h"

#include <cmath>

#include "tests/support/op_check.h"

namespace pgolf {
namespace {

OpCase skip_gated_case(std::string name, Shape shape) {
  return {.name = std::move(name),
          .inputs = {stream("x", shape), parameter("weight", {shape[-1]}, 1), parameter("gate", {shape[-1]}),
                     stream("s", shape)},
          .run = [](Context& ctx, Inputs in) { return std::vector{skip_gated(ctx, in[0], in[1], in[2], in[3])}; },
          .reference =
              [=](RefInputs in) {
                RefTensor y(shape);
                const auto D = static_cast<size_t>(shape[-1]);
                for (size_t i = 0; i < y.data.size(); ++i) {
                  const double g = 1 / (1 + std::exp(-in[2].data[i % D]));
                  y.data[i] = (1 - g) * in[1].data[i % D] * in[3].data[i] + g * in[0].data[i];
                }
                return std::vector{y};
              }};
}

INSTANTIATE_TEST_SUITE_P(SkipGated, OpTest,
                         testing::Values(skip_gated_case("small", {2, 3, 8}), skip_gated_case("rows", {2, 70, 33})),
                         op_case_name);

TEST(SkipGated, RefusesShapesThatDoNotFit) {
  Context ctx(kCpu);
  const Tensor x = ctx.zeros({2, 3, 8}, DType::f32), row = ctx.zeros({8}, DType::f32);
  EXPECT_THROW(skip_gated(ctx, x, row, row, ctx.zeros({2, 4, 8}, DType::f32)), std::logic_error);
  EXPECT_THROW(skip_gated(ctx, x, ctx.zeros({7}, DType::f32), row, x), std::logic_error);
}

}  // namespace
}  // namespace pgolf
