#include "engine/ops/activation.h"

#include "tests/support/op_check.h"

namespace pgolf {
namespace {

OpCase leaky_case(std::string name, Shape shape, float slope) {
  return {.name = std::move(name),
          .inputs = {activation("h", shape)},
          .run = [=](Context& ctx, Inputs in) { return std::vector{leaky_relu_squared(ctx, in[0], slope)}; },
          .reference =
              [=](RefInputs in) {
                RefTensor y = in[0];
                for (double& h : y.data) h = h > 0 ? h * h : slope * slope * h * h;
                return std::vector{y};
              }};
}

INSTANTIATE_TEST_SUITE_P(LeakyReluSquared, OpTest,
                         testing::Values(leaky_case("relu", {2, 3, 16}, 0.0F), leaky_case("half", {2, 90, 128}, 0.5F),
                                         leaky_case("steep", {31}, 0.9F)),
                         op_case_name);

}  // namespace
}  // namespace pgolf
