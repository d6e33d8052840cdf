#include "engine/optim/muon.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/codec/float16.h"
#include "tests/engine/optim/optim_util.h"

namespace pgolf {
namespace {

MuonConfig decaying() {
  MuonConfig config;
  config.weight_decay = 0.1;
  return config;
}

std::vector<float> step_alone(const std::vector<float>& p, const std::vector<float>& g, int64_t rows, int64_t cols,
                              const MuonConfig& config, int steps = 1) {
  Context ctx(kCpu);
  Params params(ctx, std::vector<ParamSpec>{{"w", {rows, cols}}});
  const FlatCopy momentum(ctx, params);
  Muon muon(ctx, params, {0}, config, momentum);
  set_values(ctx, params.list()[0].master, p);
  for (int i = 0; i < steps; ++i) {
    set_grad(ctx, params.list()[0], g);
    muon.step(ctx, 0.02, 0.9);
  }
  return download(ctx, params.list()[0].master);
}

TEST(Muon, MatricesOfOneShapeShareAStepWithoutMixing) {
  Context ctx(kCpu);
  const std::vector<ParamSpec> specs = {
      {"a", {20, 33}}, {"b", {33, 20}}, {"c", {20, 33}}, {"x_bank", {3, 20, 33}}, {"d", {7, 1}}};
  Params params(ctx, specs);
  const FlatCopy momentum(ctx, params);
  Muon muon(ctx, params, {0, 1, 2, 3, 4}, decaying(), momentum);
  fill_masters(ctx, params, 1);
  fill_grads(ctx, params, 50);
  const std::vector<float> p = download(ctx, params.flat_masters()), g = download(ctx, params.flat_grads());
  muon.step(ctx, 0.02, 0.9);
  const std::vector<float> together = download(ctx, params.flat_masters());
  for (const Param& param : params.list()) {
    const int64_t rows = param.master.shape[-2], cols = param.master.shape[-1], numel = rows * cols;
    for (int64_t i = 0; i < param.master.numel() / numel; ++i) {
      const auto begin = static_cast<ptrdiff_t>(param.offset + i * numel), end = begin + static_cast<ptrdiff_t>(numel);
      const std::vector<float> alone = step_alone({p.begin() + begin, p.begin() + end},
                                                  {g.begin() + begin, g.begin() + end}, rows, cols, decaying());
      for (size_t j = 0; j < alone.size(); ++j)
        ASSERT_NEAR(together[static_cast<size_t>(begin) + j], alone[j], 2e-6) << param.name << " " << i;
    }
  }
}

TEST(Muon, ParametersWithoutGradientStay) {
  Context ctx(kCpu);
  Params params(ctx, std::vector<ParamSpec>{{"a", {8, 16}}, {"b", {8, 16}}});
  const FlatCopy momentum(ctx, params);
  Muon muon(ctx, params, {0, 1}, decaying(), momentum);
  fill_masters(ctx, params, 1);
  const std::vector<float> before = download(ctx, params.get("b").master);
  fill_grads(ctx, params, 2, [](const std::string& name) { return name == "a"; });
  muon.step(ctx, 0.02, 0.9);
  EXPECT_EQ(download(ctx, params.get("b").master), before);
  fill_grads(ctx, params, 3);
  muon.step(ctx, 0.02, 0.9);
  EXPECT_NE(download(ctx, params.get("b").master), before);
}

TEST(Muon, DecayAfterTheStepAlsoShrinksTheUpdate) {
  const std::vector<float> p = normals(1, 12 * 5), g = normals(2, 12 * 5);
  MuonConfig before = decaying(), after = decaying(), none = decaying();
  after.decay_after_step = true;
  none.weight_decay = 0;
  const std::vector<float> a = step_alone(p, g, 12, 5, before), b = step_alone(p, g, 12, 5, after),
                           c = step_alone(p, g, 12, 5, none);
  for (size_t i = 0; i < p.size(); ++i) {
    EXPECT_NEAR(a[i], c[i] - 0.002F * p[i], 1e-6);
    EXPECT_NEAR(b[i], c[i] * (1 - 0.002F), 1e-6);
  }
}

TEST(Muon, UpdateIsNearOrthogonalWithTheShapesScale) {
  MuonConfig config = decaying();
  config.weight_decay = 0;
  const int64_t rows = 96, cols = 24;
  const std::vector<float> zero(rows * cols), g = normals(4, rows * cols);
  const std::vector<float> p = step_alone(zero, g, rows, cols, config);
  // Columns of -p / (lr · sqrt(rows/cols)) have lengths that the quintic leaves in about 0.7..1.2.
  for (int64_t j = 0; j < cols; ++j) {
    double squares = 0;
    for (int64_t i = 0; i < rows; ++i) squares += std::pow(p[static_cast<size_t>(i * cols + j)] / (0.02 * 2), 2);
    EXPECT_GT(std::sqrt(squares), 0.65) << j;
    EXPECT_LT(std::sqrt(squares), 1.25) << j;
  }
}

TEST(Muon, RowNormalizedUpdateDoesNotSeeTheScaleOfGradientRows) {
  MuonConfig config = decaying();
  config.row_normalize = true;
  const std::vector<float> p = normals(1, 10 * 6), g = normals(2, 10 * 6);
  std::vector<float> scaled = g;
  for (size_t i = 0; i < scaled.size(); ++i) scaled[i] *= 1.0F + static_cast<float>(i / 6);
  const std::vector<float> a = step_alone(p, g, 10, 6, config), b = step_alone(p, scaled, 10, 6, config);
  for (size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(a[i], b[i], 2e-6);
}

TEST(Muon, ZeroGradientsGiveZeroUpdates) {
  MuonConfig config = decaying();
  config.row_normalize = true;
  const std::vector<float> p = normals(1, 8 * 8), g(8 * 8);
  const std::vector<float> after = step_alone(p, g, 8, 8, config);
  for (size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(after[i], p[i] * (1 - 0.002F), 1e-7);
}

TEST(Muon, Bf16StateIsRounded) {
  Context ctx(kCpu);
  Params params(ctx, std::vector<ParamSpec>{{"w_bank", {2, 8, 9}}});
  const FlatCopy momentum(ctx, params);
  MuonConfig config = decaying();
  config.state_rounding = Rounding::bf16;
  Muon muon(ctx, params, {0}, config, momentum);
  for (uint32_t step = 0; step < 3; ++step) {
    fill_grads(ctx, params, step);
    muon.step(ctx, 0.02, 0.95);
  }
  for (const float x : download(ctx, momentum.values())) ASSERT_EQ(x, round_to_bf16(x));
  muon.reset(ctx);
  for (const float x : download(ctx, momentum.values())) ASSERT_EQ(x, 0);
}

}  // namespace
}  // namespace pgolf
