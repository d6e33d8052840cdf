#include <gtest/gtest.h>

#include <cmath>

#include "engine/codec/float16.h"
#include "engine/optim/adam.h"
#include "engine/optim/sgd.h"
#include "tests/engine/optim/optim_util.h"

namespace pgolf {
namespace {

const std::vector<ParamSpec> kSpecs = {{"tok_emb.weight", {70, 65}}, {"late", {5}}, {"never", {3}}, {"scalar", {}}};

TEST(Adam, BiasCorrectionCountsTheUpdatesOfEachTensor) {
  Context ctx(kCpu);
  Params params(ctx, kSpecs);
  const FlatCopy first(ctx, params), second(ctx, params);
  const AdamOptions options{0.9, 0.95, 1e-8, 0.1};
  Adam adam(ctx, params, {0, 1, 2, 3}, options, first, second);
  fill_masters(ctx, params, 1);
  const std::vector<float> never = download(ctx, params.get("never").master);
  double p = download(ctx, params.get("late").master)[0], m = 0, v = 0;
  const double lr = 0.03;
  for (int step = 1; step <= 6; ++step) {
    params.zero_grads(ctx);
    fill_grads(ctx, params, static_cast<uint32_t>(10 * step),
               [&](const std::string& name) { return name != "never" && (name != "late" || step > 2); });
    const double g = download(ctx, params.get("late").grad)[0];
    adam.step(ctx, lr);
    if (step <= 2) continue;
    const int t = step - 2;  // the tensor's own count
    m = 0.9 * m + 0.1 * g;
    v = 0.95 * v + 0.05 * g * g;
    p = p * (1 - lr * 0.1) - lr / (1 - std::pow(0.9, t)) * m / (std::sqrt(v) / std::sqrt(1 - std::pow(0.95, t)) + 1e-8);
    EXPECT_NEAR(download(ctx, params.get("late").master)[0], p, 2e-6) << step;
  }
  EXPECT_EQ(download(ctx, params.get("never").master), never);
}

TEST(Adam, WithoutFirstMomentTheFirstStepIsTheSign) {  // the adapters of PR 2143 and 2097
  Context ctx(kCpu);
  Params params(ctx, kSpecs);
  const FlatCopy first(ctx, params), second(ctx, params);
  Adam adam(ctx, params, {0}, {0.0, 0.99, 1e-10, 0.5}, first, second);
  fill_masters(ctx, params, 1);
  fill_grads(ctx, params, 2);
  const std::vector<float> before = download(ctx, params.get("tok_emb.weight").master);
  const std::vector<float> grad = download(ctx, params.get("tok_emb.weight").grad);
  adam.step(ctx, 1e-3);
  const std::vector<float> after = download(ctx, params.get("tok_emb.weight").master);
  for (size_t i = 0; i < after.size(); ++i)
    ASSERT_NEAR(after[i], before[i] * (1 - 5e-4) - std::copysign(1e-3, grad[i]), 1e-6) << i;
}

TEST(Adam, ResetForgetsEverything) {
  Context ctx(kCpu);
  Params params(ctx, kSpecs), fresh(ctx, kSpecs);
  const FlatCopy a(ctx, params), b(ctx, params), c(ctx, fresh), d(ctx, fresh);
  Adam used(ctx, params, {0, 1, 3}, {}, a, b), unused(ctx, fresh, {0, 1, 3}, {}, c, d);
  fill_masters(ctx, params, 1);
  fill_grads(ctx, params, 5);
  used.step(ctx, 0.1);
  used.reset(ctx);
  for (Params* both : {&params, &fresh}) {
    fill_masters(ctx, *both, 1);
    fill_grads(ctx, *both, 7);
  }
  used.step(ctx, 0.1);
  unused.step(ctx, 0.1);
  EXPECT_EQ(download(ctx, params.flat_masters()), download(ctx, fresh.flat_masters()));
}

TEST(Adam, TablesInBf16StayRepresentable) {
  Context ctx(kCpu);
  Params params(ctx, kSpecs);
  const FlatCopy first(ctx, params), second(ctx, params);
  Adam adam(ctx, params, {0}, {0.9, 0.95, 1e-8, 0.04, true}, first, second);
  fill_masters(ctx, params, 1);
  for (uint32_t step = 0; step < 3; ++step) {
    fill_grads(ctx, params, step);
    adam.step(ctx, 0.03);
  }
  const Param& table = params.get("tok_emb.weight");
  for (const Tensor& t : {table.master, first.values().slice(0, 70 * 65), second.values().slice(0, 70 * 65)})
    for (const float x : download(ctx, t)) ASSERT_EQ(x, round_to_bf16(x));
}

TEST(Sgd, MomentumOverTensorsThatHaveGradientsAndAreNotFrozen) {
  Context ctx(kCpu);
  Params params(ctx, kSpecs);
  fill_masters(ctx, params, 1);
  params.set_frozen([](const std::string& name) { return name == "late"; });
  Sgd sgd(ctx, params, 0.9, false);
  const std::vector<float> frozen = download(ctx, params.get("late").master);
  double p = download(ctx, params.get("scalar").master)[0], buf = 0;
  for (uint32_t step = 0; step < 4; ++step) {
    params.zero_grads(ctx);
    fill_grads(ctx, params, 20 + step);
    buf = 0.9 * buf + download(ctx, params.get("scalar").grad)[0];
    p -= 0.01 * buf;
    sgd.step(ctx, 0.01);
    EXPECT_NEAR(download(ctx, params.get("scalar").master)[0], p, 1e-6);
  }
  EXPECT_EQ(download(ctx, params.get("late").master), frozen);
  sgd.reset(ctx);
  const double g = download(ctx, params.get("scalar").grad)[0];
  sgd.step(ctx, 0.01);
  EXPECT_NEAR(download(ctx, params.get("scalar").master)[0], p - 0.01 * g, 1e-6);
}

TEST(Sgd, Bf16TablesMoveByWholeRoundings) {
  Context ctx(kCpu);
  Params params(ctx, kSpecs);
  fill_masters(ctx, params, 1);
  Sgd sgd(ctx, params, 0.9, true);
  fill_grads(ctx, params, 2);
  sgd.step(ctx, 1e-3);
  for (const float x : download(ctx, params.get("tok_emb.weight").master)) ASSERT_EQ(x, round_to_bf16(x));
  const float scalar = download(ctx, params.get("scalar").master)[0];
  EXPECT_NE(scalar, round_to_bf16(scalar));
}

}  // namespace
}  // namespace pgolf
