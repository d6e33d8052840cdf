#include "engine/ops/fake_quant.h"

#include <algorithm>

#include "engine/core/backend.h"
#include "engine/ops/cast.h"

namespace pgolf {

Var fake_quant(Context& ctx, const Var& weight, const FakeQuant& form) {
  check(weight.shape().rank() == 2 && weight.value.dtype == DType::f32 && form.clip > 0 && form.quantile >= 0 &&
            form.quantile <= 1,
        "fake_quant: weight {} {}, clip {}, quantile {}", dtype_name(weight.value.dtype), weight.shape(), form.clip,
        form.quantile);
  const Tensor y = ctx.alloc(weight.shape());
  on_device(ctx.device(), [&](auto b) { FakeQuantKernel<decltype(b)>::forward(ctx, weight.value, form, y); });
  if (form.soft_alpha == 0) return {y, weight.slot};
  const Var out = ctx.output(y, weight);
  ctx.on_backward(out, [&ctx, weight, form](const Tensor& dy) {
    const GradTarget dweight = ctx.grad_target(weight);
    on_device(ctx.device(),
              [&](auto b) { FakeQuantKernel<decltype(b)>::soft_backward(ctx, dy, weight.value, form, dweight); });
  });
  return out;
}

Var add_crown_q(Context& ctx, const Var& loss, std::span<const Var> weights, int64_t clip, float factor) {
  check(loss.value.numel() == 1 && clip > 0, "add_crown_q: loss {}, clip {}", loss.shape(), clip);
  const auto trained = std::find_if(weights.begin(), weights.end(), [](const Var& w) { return w.needs_grad(); });
  const Tensor sum = ctx.alloc(loss.shape(), DType::f32);
  const Var y = ctx.output(sum, loss, trained == weights.end() ? Var{} : *trained);
  ctx.copy(sum, loss.value);
  for (const Var& weight : weights) {
    on_device(ctx.device(),
              [&](auto b) { FakeQuantKernel<decltype(b)>::add_crown_q(ctx, weight.value, clip, factor, sum); });
  }
  ctx.on_backward(
      y, [&ctx, loss, penalised = std::vector(weights.begin(), weights.end()), clip, factor](const Tensor& dy) {
        if (const GradTarget dloss = ctx.grad_target(loss); dloss.wanted()) cast_into(ctx, dy, dloss);
        for (const Var& weight : penalised) {
          const GradTarget dweight = ctx.grad_target(weight);
          on_device(ctx.device(), [&](auto b) {
            FakeQuantKernel<decltype(b)>::crown_q_backward(ctx, dy, weight.value, clip, factor, dweight);
          });
        }
      });
  return y;
}

}  // namespace pgolf
