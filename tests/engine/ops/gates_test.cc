#include "engine/ops/gates.h"

#include <cmath>

#include "tests/support/op_check.h"

namespace pgolf {
namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

struct Sizes {
  int64_t B, T, H, d, W;
};

RefTensor gated(const Sizes& size, HeadGate form, RefInputs in) {
  const RefTensor &y = in[0], &s = in[1], &weight = in[2];
  RefTensor z(y.shape);
  for (int64_t b = 0; b < size.B; ++b)
    for (int64_t t = 0; t < size.T; ++t)
      for (int64_t h = 0; h < size.H; ++h) {
        double logit = in.size() > 3 ? in[3](h) : 0;
        for (int64_t j = 0; j < size.W; ++j) logit += weight(h, j) * s(b, t, j);
        for (int64_t j = 0; j < size.d; ++j) z(b, t, h, j) = y(b, t, h, j) * form.outer * sigmoid(form.inner * logit);
      }
  return z;
}

OpCase gate_heads_case(std::string name, Sizes size, HeadGate form, bool with_bias) {
  const int64_t D = size.H * size.d;
  OpCase op{.name = std::move(name),
            .inputs = {activation("y", {size.B, size.T, size.H, size.d}), activation("s", {size.B, size.T, D}),
                       parameter("weight", {size.H, size.W}, 0, 0.5)},
            .run =
                [=](Context& ctx, Inputs in) {
                  return std::vector{gate_heads(ctx, in[0], in[1], in[2], in.size() > 3 ? in[3] : Var{}, form)};
                },
            .reference = [=](RefInputs in) { return std::vector{gated(size, form, in)}; }};
  if (with_bias) op.inputs.push_back(parameter("bias", {size.H}, 1));
  return op;
}

OpCase scale_heads_case(Shape shape) {
  return {.name = "static_per_head",
          .inputs = {activation("y", shape), parameter("gain", {shape[2]}, 1)},
          .run = [](Context& ctx, Inputs in) { return std::vector{scale_heads(ctx, in[0], in[1])}; },
          .reference =
              [=](RefInputs in) {
                RefTensor z = in[0];
                const auto d = static_cast<size_t>(shape[3]), H = static_cast<size_t>(shape[2]);
                for (size_t i = 0; i < z.data.size(); ++i) z.data[i] *= in[1].data[i / d % H];
                return std::vector{z};
              }};
}

RefTensor block_gate(const RefTensor& u, const RefTensor& gate_input, const RefTensor& x, const RefTensor& weight,
                     const RefTensor& bias) {
  RefTensor y(u.shape);
  const auto D = static_cast<size_t>(u.shape[-1]);
  for (size_t row = 0; row < u.data.size(); row += D) {
    double logit = bias.data[0];
    for (size_t j = 0; j < D; ++j) logit += weight.data[j] * gate_input.data[row + j];
    for (size_t i = row; i < row + D; ++i) y.data[i] = u.data[i] + sigmoid(logit) * (x.data[i] - u.data[i]);
  }
  return y;
}

// The gate reads a copy of u that is not differentiated: a constant of equal values stands for it in the derivative.
OpCase gate_block_case(std::string name, Shape shape) {
  OpCase op{.name = std::move(name),
            .inputs = {stream("u", shape), stream("x", shape), parameter("weight", {1, shape[-1]}, 0, 0.5),
                       parameter("bias", {1}, 2)},
            .run = [](Context& ctx, Inputs in) { return std::vector{gate_block(ctx, in[0], in[1], in[2], in[3])}; },
            .reference = [](RefInputs in) { return std::vector{block_gate(in[0], in[0], in[1], in[2], in[3])}; }};
  op.surrogate = [stopped = reference_inputs(op)[0]](RefInputs in) {
    return std::vector{block_gate(in[0], stopped, in[1], in[2], in[3])};
  };
  return op;
}

INSTANTIATE_TEST_SUITE_P(Gates, OpTest,
                         testing::Values(gate_heads_case("linear_with_bias", {2, 40, 4, 8, 32}, {}, true),
                                         gate_heads_case("sparse", {2, 5, 2, 16, 12}, {.inner = 0.5F}, false),
                                         gate_heads_case("attn_out", {1, 70, 3, 8, 12}, {.outer = 2.0F}, false),
                                         gate_heads_case("dense", {1, 6, 2, 8, 16}, {}, false),
                                         scale_heads_case({2, 35, 3, 8}), gate_block_case("block", {2, 35, 16})),
                         op_case_name);

TEST(Gates, RefuseShapesThatDoNotFit) {
  Context ctx(kCpu);
  const Tensor y = ctx.zeros({1, 2, 4, 8}, DType::f32), s = ctx.zeros({1, 2, 32}, DType::f32);
  EXPECT_THROW(gate_heads(ctx, y, s, ctx.zeros({4, 33}, DType::f32), {}), std::logic_error);
  EXPECT_THROW(gate_heads(ctx, y, s, ctx.zeros({3, 12}, DType::f32), {}), std::logic_error);
  EXPECT_THROW(gate_heads(ctx, y, s, ctx.zeros({4, 12}, DType::f32), ctx.zeros({2}, DType::f32)), std::logic_error);
  EXPECT_THROW(scale_heads(ctx, y, ctx.zeros({8}, DType::f32)), std::logic_error);
  EXPECT_THROW(gate_block(ctx, s, s, ctx.zeros({1, 31}, DType::f32), ctx.zeros({1}, DType::f32)), std::logic_error);
}

}  // namespace
}  // namespace pgolf
