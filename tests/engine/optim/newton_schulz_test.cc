#include "engine/optim/newton_schulz.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/ops/matmul.h"
#include "tests/engine/optim/optim_util.h"

namespace pgolf {
namespace {

TEST(NewtonSchulz, StepsOfBothKinds) {
  EXPECT_EQ(newton_schulz_steps(NsCoefficients::quintic, 7).size(), 7U);
  const auto polar = newton_schulz_steps(NsCoefficients::polar_express, 3);
  ASSERT_EQ(polar.size(), 3U);
  EXPECT_DOUBLE_EQ(polar[1].a, 4.042929935166739);
  EXPECT_EQ(newton_schulz_steps(NsCoefficients::polar_express, 9).size(), 5U);
}

TEST(NewtonSchulz, PolarExpressOrthogonalizes) {
  Context ctx(kCpu);
  const int64_t N = 2, rows = 16, cols = 40;
  const Tensor x = upload(ctx, normals(9, N * rows * cols), {N, rows, cols});
  const Tensor o = newton_schulz(ctx, x, newton_schulz_steps(NsCoefficients::polar_express, 5));
  const Tensor gram = ctx.alloc({N, rows, rows}, DType::f32);
  matmul(ctx, {o}, transposed(o), gram);
  // Five steps leave singular values within about 10 % of 1.
  double worst = 0;
  const std::vector<float> v = download(ctx, gram);
  for (int64_t n = 0; n < N; ++n)
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < rows; ++j)
        worst = std::max(worst, std::abs(v[static_cast<size_t>((n * rows + i) * rows + j)] - (i == j ? 1.0 : 0.0)));
  EXPECT_LT(worst, 0.25);
}

}  // namespace
}  // namespace pgolf
