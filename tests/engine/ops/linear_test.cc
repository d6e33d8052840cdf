#include "engine/ops/linear.h"

#include <gmock/gmock.h>

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

OpCase with_summand_case(std::string name, Shape x, int64_t out) {
  OpCase plain = linear_case(std::move(name), x, out);
  plain.inputs.push_back(stream("summand", x.with_last(out)));
  plain.run = [](Context& ctx, Inputs in) { return std::vector{linear(ctx, in[0], in[1], in[2])}; };
  plain.reference = [product = plain.reference](RefInputs in) {
    std::vector<RefTensor> y = product(in);
    for (size_t i = 0; i < y[0].data.size(); ++i) y[0].data[i] += in[2].data[i];
    return y;
  };
  return plain;
}

INSTANTIATE_TEST_SUITE_P(Linear, OpTest,
                         testing::Values(linear_case("matrix", {7, 5}, 3), linear_case("batch", {2, 75, 24}, 40),
                                         linear_case("of_the_stream", {2, 3, 8}, 16, true),
                                         linear_case("row", {1, 4}, 1),
                                         with_summand_case("onto_a_stream", {2, 75, 24}, 40),
                                         with_summand_case("onto_a_row", {1, 4}, 3)),
                         op_case_name);

// The summand's gradient is the memory of y's, which later contributions to it change; products have read it by then.
TEST(Linear, HandsItsGradientToTheSummand) {
  Context ctx(kCpu);
  GradSlot slots[3];
  float s[] = {1, 2}, x[] = {3, 4}, w[] = {5, 6, 7, 8}, grads[3][4] = {};
  const Var summand{{s, {1, 2}}, &slots[0]}, input{{x, {1, 2}}, &slots[1]}, weight{{w, {2, 2}}, &slots[2]};
  for (int i = 0; i < 3; ++i) slots[i].grad = {grads[i], i < 2 ? Shape{1, 2} : Shape{2, 2}};
  ctx.start_tape();
  const Var stream = linear(ctx, input, weight, summand);  // 1 + 39, 2 + 53
  const Var between = linear(ctx, input, weight, stream);  // 79, 108; its gradient is y's
  const Var y = linear(ctx, stream, weight, between);
  EXPECT_EQ(y.value.as<float>()[0], 5.0F * 40 + 6 * 55 + 79);
  const Var loss = linear(ctx, y, Tensor{s, {1, 2}});  // dy = 1, 2; d(stream) = 20, 24
  ctx.backward(loss.view({}));
  EXPECT_THAT(std::vector(grads[0], grads[0] + 2), testing::ElementsAre(20, 24));
  EXPECT_THAT(std::vector(grads[1], grads[1] + 2), testing::ElementsAre(21 * 5 + 26 * 7, 21 * 6 + 26 * 8));
  EXPECT_THAT(std::vector(grads[2], grads[2] + 4),
              testing::ElementsAre(21 * 3 + 40, 21 * 4 + 55, 26 * 3 + 2 * 40, 26 * 4 + 2 * 55));
}

TEST(Linear, RefusesShapesThatDoNotFit) {
  Context ctx(kCpu);
  EXPECT_THROW(linear(ctx, ctx.zeros({2, 3}, DType::f32), ctx.zeros({4, 5}, DType::f32)), std::logic_error);
}

}  // namespace
}  // namespace pgolf
