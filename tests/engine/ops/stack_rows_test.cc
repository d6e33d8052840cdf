#include "engine/ops/stack_rows.h"

#include <numeric>

#include "engine/ops/linear.h"
#include "tests/support/op_check.h"

namespace pgolf {
namespace {

// x times each matrix, side by side.
OpCase stack_case(std::string name, int64_t K, std::vector<int64_t> rows) {
  OpCase op{.name = std::move(name),
            .inputs = {activation("x", {5, K})},
            .run =
                [](Context& ctx, Inputs in) {
                  return std::vector{linear(ctx, in[0], stack_rows(ctx, {in.begin() + 1, in.end()}))};
                },
            .reference =
                [=](RefInputs in) {
                  RefTensor y({5, std::accumulate(rows.begin(), rows.end(), int64_t{0})});
                  int64_t first = 0;
                  for (size_t m = 0; m < rows.size(); first += rows[m++])
                    for (int64_t t = 0; t < 5; ++t)
                      for (int64_t i = 0; i < rows[m]; ++i)
                        for (int64_t k = 0; k < K; ++k) y(t, first + i) += in[0](t, k) * in[m + 1](i, k);
                  return std::vector{y};
                }};
  for (size_t m = 0; m < rows.size(); ++m) op.inputs.push_back(weight("w" + std::to_string(m), {rows[m], K}));
  return op;
}

INSTANTIATE_TEST_SUITE_P(StackRows, OpTest,
                         testing::Values(stack_case("heads", 16, {16, 8, 8}), stack_case("odd", 7, {3, 5}),
                                         stack_case("one", 8, {4})),
                         op_case_name);

TEST(StackRows, RefusesMatricesOfOtherInputs) {
  Context ctx(kCpu);
  EXPECT_THROW(stack_rows(ctx, {ctx.zeros({2, 3}, DType::f32), ctx.zeros({2, 4}, DType::f32)}), std::logic_error);
}

}  // namespace
}  // namespace pgolf
