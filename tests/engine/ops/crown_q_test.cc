#include "engine/ops/crown_q.h"

#include <algorithm>
#include <cmath>

#include "tests/support/op_check.h"

namespace pgolf {
namespace {

double largest_magnitude(const RefTensor& w, int64_t row) {
  double out = 0;
  for (int64_t j = 0; j < w.shape[1]; ++j) out = std::max(out, std::abs(w(row, j)));
  return out;
}

RefTensor penalised(RefInputs in, RefInputs deltas_from, double clip, double factor) {
  RefTensor loss = in[0];
  for (size_t m = 1; m < in.size(); ++m) {
    const int64_t N = in[m].shape[0], K = in[m].shape[1];
    for (int64_t i = 0; i < N; ++i) {
      const double delta = largest_magnitude(deltas_from[m], i) / clip;
      for (int64_t j = 0; j < K; ++j)
        loss.data[0] += factor * std::pow(in[m](i, j) * delta, 2) / static_cast<double>(N * K);
    }
  }
  return loss;
}

OpCase crown_q_case() {
  constexpr double kFactor = 2.5;
  OpCase op{
      .name = "crown_q",
      .inputs = {parameter("loss", {}), parameter("w0", {3, 8}), parameter("w1", {70, 5}), parameter("w2", {3, 8})},
      .run =
          [](Context& ctx, Inputs in) {
            return std::vector{add_crown_q(ctx, in[0], in.subspan(1), 15, static_cast<float>(kFactor))};
          },
      .reference = [](RefInputs in) { return std::vector{penalised(in, in, 15, kFactor)}; }};
  op.surrogate = [start = reference_inputs(op)](RefInputs in) {
    return std::vector{penalised(in, start, 15, kFactor)};
  };
  return op;
}

INSTANTIATE_TEST_SUITE_P(CrownQ, OpTest, testing::Values(crown_q_case()), op_case_name);

TEST(CrownQ, WithoutWeightsTheLossStays) {
  Context ctx(kCpu);
  std::vector<float> loss = {3.5F};
  EXPECT_EQ(*add_crown_q(ctx, Tensor{loss.data(), {}}, {}, 15, 1).value.as<float>(), 3.5F);
}

}  // namespace
}  // namespace pgolf
