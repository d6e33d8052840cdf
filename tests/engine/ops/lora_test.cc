#include "engine/ops/lora.h"

#include "engine/ops/cast.h"
#include "engine/ops/linear.h"
#include "engine/ops/split_columns.h"
#include "engine/ops/stack_rows.h"
#include "engine/ops/value_residual.h"
#include "tests/support/op_check.h"

namespace pgolf {
namespace {

struct Sizes {
  int64_t B, T, in, out, rank;
};

// x Wᵀ + scale (x Aᵀ) Bᵀ; without a weight, constants + the adapter.
RefTensor adapted(const Sizes& s, double scale, const RefTensor& x, const RefTensor& base, bool is_weight,
                  const RefTensor& a, const RefTensor& b) {
  RefTensor y({s.B, s.T, s.out});
  for (int64_t doc = 0; doc < s.B; ++doc)
    for (int64_t t = 0; t < s.T; ++t)
      for (int64_t o = 0; o < s.out; ++o) {
        double sum = is_weight ? 0 : base(doc, t, o);
        for (int64_t i = 0; is_weight && i < s.in; ++i) sum += x(doc, t, i) * base(o, i);
        for (int64_t r = 0; r < s.rank; ++r) {
          double narrow = 0;
          for (int64_t i = 0; i < s.in; ++i) narrow += x(doc, t, i) * a(doc, r, i);
          sum += scale * narrow * b(doc, o, r);
        }
        y(doc, t, o) = sum;
      }
  return y;
}

OpCase on_linear_case(std::string name, Sizes s, float scale) {
  return {.name = std::move(name),
          .inputs = {activation("x", {s.B, s.T, s.in}), weight("weight", {s.out, s.in}),
                     weight("a", {s.B, s.rank, s.in}), weight("b", {s.B, s.out, s.rank})},
          .run =
              [=](Context& ctx, Inputs in) {
                return std::vector{add_lora(ctx, linear(ctx, in[0], in[1]), in[0], in[2], in[3], scale)};
              },
          .reference = [=](RefInputs in) { return std::vector{adapted(s, scale, in[0], in[1], true, in[2], in[3])}; }};
}

// The same onto both halves of a product's columns; what reads them comes after the adapters.
OpCase on_columns_case(std::string name, Sizes s, float scale) {
  OpCase op = on_linear_case(std::move(name), s, scale);
  op.run = [=](Context& ctx, Inputs in) {
    const Tensor weights = ctx.alloc({2}, DType::f32);
    std::vector<float> first = {1, 0};
    ctx.copy(weights, {first.data(), weights.shape, DType::f32, kCpu});
    std::vector<Var> outputs;
    for (const Var& part : split_columns(ctx, linear(ctx, in[0], stack_rows(ctx, {in[1], in[1]})), {s.out, s.out})) {
      const Var y = add_lora(ctx, part, in[0], in[2], in[3], scale);
      outputs.push_back(value_residual(ctx, y, y, weights));
    }
    return outputs;
  };
  op.reference = [once = op.reference](RefInputs in) { return std::vector{once(in)[0], once(in)[0]}; };
  return op;
}

OpCase on_constant_case(std::string name, Sizes s, float scale) {
  return {.name = std::move(name),
          .inputs = {activation("x", {s.B, s.T, s.in}), constant("y", {s.B * s.T, s.out}),
                     weight("a", {s.B, s.rank, s.in}), weight("b", {s.B, s.out, s.rank})},
          .run =
              [=](Context& ctx, Inputs in) {
                const Tensor y = ctx.alloc(in[1].shape());
                cast_into(ctx, in[1].value, {y});
                return std::vector{add_lora(ctx, y, in[0], in[2], in[3], scale)};
              },
          .reference =
              [=](RefInputs in) {
                RefTensor base({s.B, s.T, s.out});
                base.data = in[1].data;
                RefTensor y = adapted(s, scale, in[0], base, false, in[2], in[3]);
                y.shape = {s.B * s.T, s.out};
                return std::vector{y};
              }};
}

INSTANTIATE_TEST_SUITE_P(Lora, OpTest,
                         testing::Values(on_linear_case("on_a_linear_map", {3, 5, 8, 12, 2}, 1.8F),
                                         on_linear_case("many_rows", {2, 70, 16, 9, 4}, 0.5F),
                                         on_columns_case("on_columns", {3, 5, 8, 16, 2}, 1.8F),
                                         on_constant_case("on_frozen_logits", {2, 4, 6, 10, 3}, 2.0F)),
                         op_case_name);

TEST(Lora, RefusesAdaptersOfAnotherBatch) {
  Context ctx(kCpu);
  const Tensor x = ctx.zeros({2, 3, 8}, DType::f32), y = ctx.zeros({2, 3, 6}, DType::f32);
  const Tensor b = ctx.zeros({2, 6, 4}, DType::f32);
  EXPECT_THROW(add_lora(ctx, y, x, ctx.zeros({3, 4, 8}, DType::f32), b, 1), std::logic_error);
  EXPECT_THROW(add_lora(ctx, y, x, ctx.zeros({2, 5, 8}, DType::f32), b, 1), std::logic_error);
  EXPECT_THROW(add_lora(ctx, x, x, ctx.zeros({2, 4, 8}, DType::f32), b, 1), std::logic_error);
}

}  // namespace
}  // namespace pgolf
