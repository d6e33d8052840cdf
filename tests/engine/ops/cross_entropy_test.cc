#include "engine/ops/cross_entropy.h"

#include <algorithm>
#include <cmath>

#include "tests/support/op_check.h"

namespace pgolf {
namespace {

double capped(double logit, double positive, double negative) {
  const double cap = logit > 0 ? positive : negative;
  return cap * std::tanh(logit / cap);
}

// Cross entropy with the targets (1 - epsilon) onehot + epsilon / V.
RefTensor reference_nll(const RefTensor& logits, const RefTensor& targets, double positive, double negative,
                        double epsilon = 0) {
  const int64_t N = logits.shape[0], V = logits.shape[1];
  RefTensor nll({N});
  for (int64_t i = 0; i < N; ++i) {
    double sum = 0, mean = 0;
    for (int64_t j = 0; j < V; ++j) {
      const double z = capped(logits(i, j), positive, negative);
      sum += std::exp(z);
      mean += z / static_cast<double>(V);
    }
    const double target = capped(logits(i, static_cast<int64_t>(targets(i))), positive, negative);
    nll(i) = std::log(sum) - (1 - epsilon) * target - epsilon * mean;
  }
  return nll;
}

OpCase cross_entropy_case(std::string name, int64_t N, int64_t V, float cap, double spread) {
  return {.name = std::move(name),
          .inputs = {activation("logits", {N, V}, spread), integers("targets", {N}, V)},
          .run = [=](Context& ctx, Inputs in) { return std::vector{cross_entropy(ctx, in[0], in[1].value, cap)}; },
          .reference = [=](RefInputs in) { return std::vector{reference_nll(in[0], in[1], cap, cap)}; }};
}

OpCase asymmetric_case(int64_t N, int64_t V) {
  return {
      .name = "asymmetric_caps",
      .inputs = {activation("logits", {N, V}, 20), integers("targets", {N}, V), constant("positive", {}, 20, 1),
                 constant("negative", {}, 33, 1)},
      .run =
          [](Context& ctx, Inputs in) {
            return std::vector{cross_entropy(ctx, in[0], in[1].value, {in[2].value, in[3].value})};
          },
      .reference = [](RefInputs in) { return std::vector{reference_nll(in[0], in[1], in[2].data[0], in[3].data[0])}; }};
}

OpCase smoothing_case(std::string name, int64_t N, int64_t V, bool standard) {
  constexpr float kEpsilon = 0.125F;
  return {.name = std::move(name),
          .inputs = {activation("logits", {N, V}, 5), integers("targets", {N}, V)},
          .run =
              [=](Context& ctx, Inputs in) {
                const Smoothing smoothing = standard ? Smoothing::standard(kEpsilon) : Smoothing::as_run(kEpsilon, V);
                return std::vector{cross_entropy(ctx, in[0], in[1].value, 30, smoothing)};
              },
          .reference =
              [=](RefInputs in) {
                if (standard) return std::vector{reference_nll(in[0], in[1], 30, 30, kEpsilon)};
                RefTensor loss = reference_nll(in[0], in[1], 30, 30);
                for (double& x : loss.data) x = (1 - kEpsilon) * x + kEpsilon * std::log(V);
                return std::vector{loss};
              }};
}

OpCase weighted_sum_case(std::string name, int64_t N, bool weighted) {
  return {.name = std::move(name),
          .inputs = {parameter("x", {N}, 2.0), constant("weights", {N})},
          .run = [=](Context& ctx,
                     Inputs in) { return std::vector{weighted_sum(ctx, in[0], weighted ? in[1].value : Tensor{})}; },
          .reference =
              [=](RefInputs in) {
                RefTensor sum{Shape{}};
                for (int64_t i = 0; i < N; ++i)
                  sum.data[0] += in[0](i) * (weighted ? in[1](i) : 1.0 / static_cast<double>(N));
                return std::vector{sum};
              }};
}

OpCase softcap_case(std::string name, bool pair) {
  return {
      .name = std::move(name),
      .inputs = {constant("logits", {70, 33}, 0, 20), constant("positive", {}, 20, 1), constant("negative", {}, 33, 1)},
      .run =
          [=](Context& ctx, Inputs in) {
            softcap_(ctx, in[0].value, pair ? Softcap(in[1].value, in[2].value) : Softcap(30));
            return std::vector<Var>{in[0]};
          },
      .reference =
          [=](RefInputs in) {
            RefTensor z = in[0];
            for (double& x : z.data) x = pair ? capped(x, in[1].data[0], in[2].data[0]) : capped(x, 30, 30);
            return std::vector{z};
          }};
}

INSTANTIATE_TEST_SUITE_P(
    CrossEntropy, OpTest,
    testing::Values(cross_entropy_case("small_logits", 5, 11, 30, 1), cross_entropy_case("rows", 150, 33, 30, 10),
                    cross_entropy_case("saturated", 9, 40, 30, 60), cross_entropy_case("narrow_cap", 9, 40, 2, 3),
                    weighted_sum_case("mean", 130, false), weighted_sum_case("weights", 130, true),
                    asymmetric_case(90, 12), smoothing_case("standard_smoothing", 70, 17, true),
                    smoothing_case("smoothing_as_run", 70, 17, false), softcap_case("softcap_in_place", false),
                    softcap_case("softcap_pair_in_place", true)),
    op_case_name);

TEST(CrossEntropy, GradientTakesThePlaceOfLogits) {
  Context ctx(kCpu);
  std::vector<int32_t> targets = {1, 0};
  GradSlot slot;
  const Var logits(ctx.zeros({2, 4}, DType::f32), &slot);
  ctx.start_tape();
  ctx.backward(weighted_sum(ctx, cross_entropy(ctx, logits, Tensor{targets.data(), {2}, DType::i32}, 30)));
  EXPECT_EQ(slot.grad.data, logits.value.data);
  const std::vector<float> gradient(slot.grad.as<float>(), slot.grad.as<float>() + 8);
  EXPECT_EQ(gradient, (std::vector<float>{0.125F, -0.375F, 0.125F, 0.125F, -0.375F, 0.125F, 0.125F, 0.125F}));
}

TEST(CrossEntropy, OneHugeLogitDoesNotOverflow) {
  Context ctx(kCpu);
  std::vector<float> values = {1e30F, -1e30F, 0.0F};
  std::vector<int32_t> target = {1};
  const Var nll = cross_entropy(ctx, Tensor{values.data(), {1, 3}}, Tensor{target.data(), {1}, DType::i32}, 30);
  EXPECT_FLOAT_EQ(*nll.value.as<float>(), 60.0F);
}

TEST(CrossEntropy, RefusesTargetsOrCapsThatDoNotFit) {
  Context ctx(kCpu);
  const Tensor logits = ctx.zeros({4, 8}, DType::f32), cap = ctx.zeros({}, DType::f32);
  EXPECT_THROW(cross_entropy(ctx, logits, ctx.zeros({3}, DType::i32), 30), std::logic_error);
  EXPECT_THROW(cross_entropy(ctx, logits, ctx.zeros({4}, DType::f32), 30), std::logic_error);
  EXPECT_THROW(softcap_(ctx, logits, 0.0F), std::logic_error);
  EXPECT_THROW(softcap_(ctx, logits, {cap, Tensor{}}), std::logic_error);
}

}  // namespace
}  // namespace pgolf
