#include "engine/ops/fake_quant.h"

#include "engine/core/backend.h"

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

}  // namespace pgolf
