#include "engine/ops/crown_q.h"

#include <algorithm>

#include "engine/core/backend.h"
#include "engine/ops/cast.h"

namespace pgolf {

Var add_crown_q(Context& ctx, const Var& loss, std::span<const Var> weights, int64_t clip, float factor) {
  check(loss.value.numel() == 1 && clip > 0, "add_crown_q: loss {}, clip {}", loss.shape(), clip);
  const auto trained = std::find_if(weights.begin(), weights.end(), [](const Var& w) { return w.needs_grad(); });
  const Tensor sum = ctx.alloc(loss.shape(), DType::f32);
  const Var y = ctx.output(sum, loss, trained == weights.end() ? Var{} : *trained);
  ctx.copy(sum, loss.value);
  for (const Var& weight : weights) {
    on_device(ctx.device(),
              [&](auto b) { CrownQKernel<decltype(b)>::add_penalty(ctx, weight.value, clip, factor, sum); });
  }
  ctx.on_backward(
      y, [&ctx, loss, penalised = std::vector(weights.begin(), weights.end()), clip, factor](const Tensor& dy) {
        if (const GradTarget dloss = ctx.grad_target(loss); dloss.wanted()) cast_into(ctx, dy, dloss);
        for (const Var& weight : penalised) {
          const GradTarget dweight = ctx.grad_target(weight);
          on_device(ctx.device(),
                    [&](auto b) { CrownQKernel<decltype(b)>::backward(ctx, dy, weight.value, clip, factor, dweight); });
        }
      });
  return y;
}

}  // namespace pgolf
