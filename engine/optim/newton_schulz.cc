#include "engine/optim/newton_schulz.h"

#include <algorithm>
#include <utility>

#include "engine/core/backend.h"
#include "engine/ops/matmul.h"

namespace pgolf {
namespace {

constexpr NewtonSchulzStep kQuintic{3.4445, -4.7750, 2.0315};
constexpr NewtonSchulzStep kPolarExpress[] = {
    {8.156554524902461, -22.48329292557795, 15.878769915207462},
    {4.042929935166739, -2.808917465908714, 0.5000178451051316},
    {3.8916678022926607, -2.772484153217685, 0.5060648178503393},
    {3.285753657755655, -2.3681294933425376, 0.46449024233003106},
    {2.3465413258596377, -1.7097828382687081, 0.42323551169305323},
};

}  // namespace

std::vector<NewtonSchulzStep> newton_schulz_steps(NsCoefficients coefficients, int64_t steps) {
  const auto count = static_cast<size_t>(std::max<int64_t>(steps, 0));
  if (coefficients == NsCoefficients::quintic) return std::vector(count, kQuintic);
  return {std::begin(kPolarExpress), std::begin(kPolarExpress) + std::min(count, std::size(kPolarExpress))};
}

Tensor newton_schulz(Context& ctx, const Tensor& x, std::span<const NewtonSchulzStep> steps) {
  check(x.shape.rank() == 3, "newton_schulz: {} is no batch of matrices", x.shape.str());
  const int64_t N = x.shape[0], rows = x.shape[1], cols = x.shape[2], n = std::min(rows, cols);
  const Tensor gram = ctx.scratch().alloc({N, n, n}, x.dtype), square = ctx.scratch().alloc({N, n, n}, x.dtype);
  const bool wide = rows <= cols;
  Tensor now = x, next = ctx.scratch().alloc(x.shape, x.dtype);
  on_device(ctx.device(), [&](auto backend) { NewtonSchulzKernel<decltype(backend)>::normalize(ctx, now); });
  for (const NewtonSchulzStep& step : steps) {
    matmul(ctx, {now, !wide}, {now, wide}, gram);
    matmul(ctx, {gram}, {gram}, square);
    on_device(ctx.device(), [&](auto backend) {
      NewtonSchulzKernel<decltype(backend)>::combine(ctx, gram, square, static_cast<float>(step.b),
                                                     static_cast<float>(step.c));
    });
    ctx.copy(next, now);
    matmul(ctx, {wide ? square : now}, {wide ? now : square}, next, static_cast<float>(step.a));
    std::swap(now, next);
  }
  return now;
}

}  // namespace pgolf
