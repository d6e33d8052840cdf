#include "engine/ops/linear.h"

#include "tests/support/op_check.h"

namespace pgolf {
namespace {

OpCase linear_case(std::string name, Shape x, int64_t out, bool float32_input = false) {
  const Shape weights{out, x[-1]};
  return {.name = std::move(name),
          .inputs = {float32_input ? stream("x", x) : activation("x", x), weight("weight", weights)},
          .run = [](Context& ctx, Inputs in) { return std::vector{linear(ctx, in[0], in[1])}; },
          .reference =
              [=](RefInputs in) {
                std::vector<int64_t> dims;
                for (int i = 0; i + 1 < x.rank(); ++i) dims.push_back(x[i]);
                dims.push_back(out);
                RefTensor y{Shape(dims)};
                const auto K = static_cast<size_t>(x[-1]), N = static_cast<size_t>(out);
                for (size_t i = 0; i < y.data.size(); ++i)
                  for (size_t k = 0; k < K; ++k) y.data[i] += in[0].data[i / N * K + k] * in[1].data[i % N * K + k];
                return std::vector{y};
              }};
}

INSTANTIATE_TEST_SUITE_P(Linear, OpTest,
                         testing::Values(linear_case("matrix", {7, 5}, 3), linear_case("batch", {2, 75, 24}, 40),
                                         linear_case("of_the_stream", {2, 3, 8}, 16, true),
                                         linear_case("row", {1, 4}, 1)),
                         op_case_name);

TEST(Linear, RefusesShapesThatDoNotFit) {
  Context ctx(kCpu);
  EXPECT_THROW(linear(ctx, ctx.zeros({2, 3}, DType::f32), ctx.zeros({4, 5}, DType::f32)), std::logic_error);
}

}  // namespace
}  // namespace pgolf
