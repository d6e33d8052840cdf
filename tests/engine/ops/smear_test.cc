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

INSTANTIATE_TEST_SUITE_P(SmearFixed, OpTest,
                         testing::Values(smear_fixed_case("rows", {3, 50, 6}), smear_fixed_case("one_position", {4, 1, 5}),
                                         smear_fixed_case("wide", {1, 3, 128})),
                         op_case_name);

}  // namespace
}  // namespace pgolf
