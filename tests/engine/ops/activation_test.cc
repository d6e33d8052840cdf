#include "engine/ops/activation.h"

#include "engine/ops/linear.h"
#include "tests/support/op_check.h"

namespace pgolf {
namespace {

// f(x) Wᵀ.
template <class F>
RefTensor product(const RefTensor& x, const RefTensor& w, F f) {
  RefTensor y(x.shape.with_last(w.shape[0]));
  const auto K = static_cast<size_t>(w.shape[1]), N = static_cast<size_t>(w.shape[0]);
  for (size_t i = 0; i < y.data.size(); ++i)
    for (size_t k = 0; k < K; ++k) y.data[i] += f(x.data[i / N * K + k]) * w.data[i % N * K + k];
  return y;
}

RefTensor activated_product(const RefTensor& h, const RefTensor& w, double slope) {
  return product(h, w, [slope](double x) { return x > 0 ? x * x : slope * slope * x * x; });
}

OpCase activated_case(std::string name, Shape shape, int64_t out, float slope) {
  return {.name = std::move(name),
          .inputs = {activation("h", shape), weight("weight", {out, shape[-1]})},
          .run = [=](Context& ctx, Inputs in) { return std::vector{activated_linear(ctx, in[0], slope, in[1])}; },
          .reference = [=](RefInputs in) { return std::vector{activated_product(in[0], in[1], slope)}; }};
}

OpCase onto_a_stream_case(std::string name, Shape shape, int64_t out, float slope) {
  OpCase joined = activated_case(std::move(name), shape, out, slope);
  joined.inputs.push_back(stream("summand", shape.with_last(out)));
  joined.run = [=](Context& ctx, Inputs in) { return std::vector{activated_linear(ctx, in[0], slope, in[1], in[2])}; };
  joined.reference = [=](RefInputs in) {
    RefTensor y = activated_product(in[0], in[1], slope);
    for (size_t i = 0; i < y.data.size(); ++i) y.data[i] += in[2].data[i];
    return std::vector{y};
  };
  return joined;
}

// Another op reads h too, before or after: its value must be there for both backward steps.
OpCase shared_case(std::string name, bool other_first) {
  return {.name = std::move(name),
          .inputs = {activation("h", {2, 9, 12}), weight("weight", {5, 12}), weight("other", {7, 12})},
          .run =
              [=](Context& ctx, Inputs in) {
                const Var first = other_first ? linear(ctx, in[0], in[2]) : Var{};
                const Var y = activated_linear(ctx, in[0], 0.5F, in[1]);
                return std::vector{y, other_first ? first : linear(ctx, in[0], in[2])};
              },
          .reference =
              [](RefInputs in) {
                return std::vector{activated_product(in[0], in[1], 0.5), product(in[0], in[2], std::identity())};
              }};
}

INSTANTIATE_TEST_SUITE_P(ActivatedLinear, OpTest,
                         testing::Values(activated_case("relu", {2, 3, 16}, 8, 0.0F),
                                         activated_case("half", {2, 90, 32}, 24, 0.5F),
                                         activated_case("steep", {7, 31}, 3, 0.9F),
                                         onto_a_stream_case("onto_a_stream", {2, 90, 32}, 24, 0.5F),
                                         shared_case("after_another_use", true),
                                         shared_case("before_another_use", false)),
                         op_case_name);

TEST(ActivatedLinear, RefusesShapesThatDoNotFit) {
  Context ctx(kCpu);
  EXPECT_THROW(activated_linear(ctx, ctx.zeros({2, 3}, DType::f32), 0, ctx.zeros({4, 5}, DType::f32)),
               std::logic_error);
}

}  // namespace
}  // namespace pgolf
