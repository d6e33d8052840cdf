#include "engine/ops/scale_rows.h"

#include "engine/ops/linear.h"
#include "tests/support/op_check.h"

namespace pgolf {
namespace {

OpCase scale_case(std::string name, Shape w) {
  return {.name = std::move(name),
          .inputs = {activation("x", {5, w[1]}), weight("weight", w), parameter("gain", {w[0]}, 1.0)},
          .run = [](Context& ctx, Inputs in) { return std::vector{linear(ctx, in[0], scale_rows(ctx, in[1], in[2]))}; },
          .reference =
              [=](RefInputs in) {
                RefTensor y({5, w[0]});
                for (int64_t t = 0; t < 5; ++t)
                  for (int64_t i = 0; i < w[0]; ++i)
                    for (int64_t k = 0; k < w[1]; ++k) y(t, i) += in[2](i) * in[0](t, k) * in[1](i, k);
                return std::vector{y};
              }};
}

INSTANTIATE_TEST_SUITE_P(ScaleRows, OpTest,
                         testing::Values(scale_case("square", {48, 48}), scale_case("wide", {9, 520}),
                                         scale_case("odd", {3, 7})),
                         op_case_name);

TEST(ScaleRows, RefusesShapesThatDoNotFit) {
  Context ctx(kCpu);
  EXPECT_THROW(scale_rows(ctx, ctx.zeros({2, 3}, DType::f32), ctx.zeros({3}, DType::f32)), std::logic_error);
}

}  // namespace
}  // namespace pgolf
