#include "engine/ops/rms_norm.h"

#include <cmath>

#include "tests/support/op_check.h"

namespace pgolf {
namespace {

OpCase rms_norm_case(std::string name, Shape shape, float scale) {
  return {.name = std::move(name),
          .inputs = {stream("x", shape)},
          .run = [=](Context& ctx, Inputs in) { return std::vector{rms_norm(ctx, in[0], scale, ctx.compute())}; },
          .reference =
              [=](RefInputs in) {
                RefTensor n = in[0];
                const auto D = static_cast<size_t>(shape[-1]);
                for (size_t row = 0; row < n.data.size(); row += D) {
                  double squares = 0;
                  for (size_t j = row; j < row + D; ++j) squares += n.data[j] * n.data[j];
                  for (size_t j = row; j < row + D; ++j)
                    n.data[j] *= scale / std::sqrt(squares / static_cast<double>(D) + std::pow(2.0, -23));
                }
                return std::vector{n};
              }};
}

INSTANTIATE_TEST_SUITE_P(RmsNorm, OpTest,
                         testing::Values(rms_norm_case("plain", {2, 3, 8}, 1.0F),
                                         rms_norm_case("scaled", {2, 97, 33}, 0.57735026F),
                                         rms_norm_case("wide", {3, 1024}, 0.25F)),
                         op_case_name);

TEST(RmsNorm, ZeroRowsStayZero) {
  Context ctx(kCpu);
  const Tensor n = rms_norm(ctx, ctx.zeros({2, 4}, DType::f32), 1.0F, DType::f32).value;
  for (int i = 0; i < 8; ++i) EXPECT_EQ(n.as<float>()[i], 0.0F);
}

}  // namespace
}  // namespace pgolf
