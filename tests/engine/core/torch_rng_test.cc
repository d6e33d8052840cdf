// torch's generator against values that torch prints. Longer streams: the init.* golden vectors (tests/engine/model).
#include "engine/core/torch_rng.h"

#include <gmock/gmock.h>

#include <vector>

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

TEST(TorchRng, Uniform) {  // torch.manual_seed(0); torch.rand(4)
  TorchRng rng(0);
  std::vector<float> x(4);
  rng.uniform(x, 0, 1);
  EXPECT_THAT(x, ElementsAre(FloatNear(0.4963F, 5e-5F), FloatNear(0.7682F, 5e-5F), FloatNear(0.0885F, 5e-5F),
                             FloatNear(0.1320F, 5e-5F)));
}

// torch.manual_seed(0); torch.empty(3).uniform_(-b, b) for b = 1/sqrt(512) as float32, bit for bit: scaled in float64
// and rounded once.
TEST(TorchRng, UniformRoundsOnce) {
  TorchRng rng(0);
  std::vector<float> x(3);
  rng.uniform(x, -0x1.6a09e6p-5F, 0x1.6a09e6p-5F);
  EXPECT_THAT(x, ElementsAre(-0x1.5af244p-12F, 0x1.846d38p-6F, -0x1.29f962p-5F));
}

TEST(TorchRng, FewNormals) {  // torch.randn(3) after manual_seed(0) and manual_seed(42)
  std::vector<float> x(3);
  TorchRng(0).normal(x, 1);
  EXPECT_THAT(x, ElementsAre(FloatNear(1.5410F, 5e-5F), FloatNear(-0.2934F, 5e-5F), FloatNear(-2.1788F, 5e-5F)));
  TorchRng(42).normal(x, 1);
  EXPECT_THAT(x, ElementsAre(FloatNear(0.3367F, 5e-5F), FloatNear(0.1288F, 5e-5F), FloatNear(0.2345F, 5e-5F)));
}

TEST(TorchRng, ManyNormalsRedrawTheTail) {
  std::vector<float> all(48), tailed(40);
  TorchRng(7).normal(all, 1);
  TorchRng rng(7);
  rng.normal(tailed, 1);
  for (size_t i = 0; i < 24; ++i) EXPECT_EQ(all[i], tailed[i]) << i;
  // 40 uniforms, then 16 more for elements 24..39, which therefore start at draw 40 of the stream.
  TorchRng fresh(7);
  std::vector<float> skipped(40), redrawn(16);
  fresh.uniform(skipped, 0, 1);
  fresh.normal(redrawn, 1);
  for (size_t i = 0; i < 16; ++i) EXPECT_EQ(redrawn[i], tailed[24 + i]) << i;
  std::vector<float> after(1), expected(1);
  rng.uniform(after, 0, 1);
  fresh.uniform(expected, 0, 1);
  EXPECT_EQ(after[0], expected[0]);
}

TEST(TorchRng, NormalMoments) {
  std::vector<float> x(1 << 16);
  TorchRng(3).normal(x, 0.5F);
  double sum = 0, squares = 0;
  for (const float v : x) sum += v, squares += static_cast<double>(v) * v;
  EXPECT_NEAR(sum / 65536, 0, 0.01);
  EXPECT_NEAR(squares / 65536, 0.25, 0.005);
}

}  // namespace
}  // namespace pgolf
