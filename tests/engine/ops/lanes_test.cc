#include "engine/ops/lanes.h"

#include "tests/support/op_check.h"

namespace pgolf {
namespace {

enum Input { kLane0, kLane1, kAttnScale, kAttn, kMlpScale, kMlp, kResid, kPost };

// Lane i after the update.
RefTensor updated(RefInputs in, int64_t lane) {
  RefTensor y(in[kLane0].shape);
  const auto D = static_cast<size_t>(y.shape[-1]);
  for (size_t i = 0; i < y.data.size(); ++i)
    y.data[i] = in[kResid](lane) * in[lane == 0 ? kLane0 : kLane1].data[i] +
                in[kPost](0, lane) * in[kAttnScale].data[i % D] * in[kAttn].data[i] +
                in[kPost](1, lane) * in[kMlpScale].data[i % D] * in[kMlp].data[i];
  return y;
}

enum class Used { both, attn, mlp };

OpCase update_case(std::string name, Shape shape, Used used) {
  return {.name = std::move(name),
          .inputs = {stream("lane0", shape), stream("lane1", shape), parameter("attn_scale", {shape[-1]}, 1),
                     activation("attn", shape), parameter("mlp_scale", {shape[-1]}, 1), activation("mlp", shape),
                     parameter("resid", {2}, 1.1, 0.2), parameter("post", {2, 2}, 1, 0.5)},
          .run =
              [=](Context& ctx, Inputs in) {
                const Lanes out = update_lanes(ctx, {in[kLane0], in[kLane1]}, in[kAttnScale], in[kAttn], in[kMlpScale],
                                               in[kMlp], in[kResid], in[kPost]);
                if (used == Used::both) return std::vector{out.attn, out.mlp};
                return std::vector{used == Used::attn ? out.attn : out.mlp};
              },
          .reference =
              [=](RefInputs in) {
                if (used == Used::both) return std::vector{updated(in, 0), updated(in, 1)};
                return std::vector{updated(in, used == Used::attn ? 0 : 1)};
              }};
}

OpCase mean_case(Shape shape) {
  return {.name = "mean",
          .inputs = {stream("attn", shape), stream("mlp", shape)},
          .run =
              [](Context& ctx, Inputs in) {
                return std::vector{mean_of(ctx, {in[0], in[1]})};
              },
          .reference =
              [](RefInputs in) {
                RefTensor y = in[0];
                for (size_t i = 0; i < y.data.size(); ++i) y.data[i] = (y.data[i] + in[1].data[i]) / 2;
                return std::vector{y};
              }};
}

INSTANTIATE_TEST_SUITE_P(Lanes, OpTest,
                         testing::Values(update_case("update", {2, 70, 9}, Used::both),
                                         update_case("only_the_first_is_used", {2, 3, 8}, Used::attn),
                                         update_case("only_the_second_is_used", {2, 3, 8}, Used::mlp),
                                         mean_case({2, 70, 8})),
                         op_case_name);

TEST(Lanes, RefuseShapesThatDoNotFit) {
  Context ctx(kCpu);
  const Tensor x = ctx.zeros({2, 3, 8}, DType::f32), row = ctx.zeros({8}, DType::f32);
  const Tensor two = ctx.zeros({2}, DType::f32), four = ctx.zeros({2, 2}, DType::f32);
  EXPECT_THROW(update_lanes(ctx, {x, x}, row, x, row, ctx.zeros({2, 3, 4}, DType::f32), two, four), std::logic_error);
  EXPECT_THROW(update_lanes(ctx, {x, x}, row, x, row, x, two, two), std::logic_error);
  EXPECT_THROW(mean_of(ctx, {x, row}), std::logic_error);
}

}  // namespace
}  // namespace pgolf
