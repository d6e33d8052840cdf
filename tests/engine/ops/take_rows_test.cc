#include "engine/ops/take_rows.h"

#include "tests/support/op_check.h"

namespace pgolf {
namespace {

OpCase take_case(std::string name, Shape x, std::vector<int32_t> rows) {
  const auto n = static_cast<int64_t>(rows.size());
  return {.name = std::move(name),
          .inputs = {constant("x", x), integers("rows", rows)},
          .run = [](Context& ctx, Inputs in) { return std::vector<Var>{take_rows(ctx, in[0].value, in[1].value)}; },
          .reference =
              [=](RefInputs in) {
                RefTensor y({1, n, x[-1]});
                for (int64_t i = 0; i < n; ++i)
                  for (int64_t j = 0; j < x[-1]; ++j)
                    y(0, i, j) = in[0].data[static_cast<size_t>(rows[static_cast<size_t>(i)] * x[-1] + j)];
                return std::vector{y};
              }};
}

INSTANTIATE_TEST_SUITE_P(TakeRows, OpTest,
                         testing::Values(take_case("some", {2, 5, 16}, {9, 0, 3, 3}), take_case("odd", {7, 3}, {6, 1}),
                                         take_case("one", {1, 1, 8}, {0})),
                         op_case_name);

TEST(TakeRows, RefusesRowsThatAreNoIntegers) {
  Context ctx(kCpu);
  EXPECT_THROW(take_rows(ctx, ctx.zeros({2, 3}, DType::f32), ctx.zeros({1}, DType::f32)), std::logic_error);
}

}  // namespace
}  // namespace pgolf
