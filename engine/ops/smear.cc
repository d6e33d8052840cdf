#include "engine/ops/smear.h"

#include "engine/core/backend.h"

namespace pgolf {

Var smear_fixed(Context& ctx, const Var& x, const Var& gate) {
  check(x.shape().rank() == 3 && gate.shape() == Shape({x.value.cols()}), "smear_fixed: x {} and gate {}", x.shape(),
        gate.shape());
  const Var y = ctx.output(ctx.alloc(x.shape(), x.value.dtype), x, gate);
  on_device(ctx.device(), [&](auto b) { SmearFixedKernel<decltype(b)>::forward(ctx, x.value, gate.value, y.value); });
  ctx.on_backward(y, [&ctx, x, gate](const Tensor& dy) {
    const GradTarget dx = ctx.grad_target(x), dgate = ctx.grad_target(gate);
    on_device(ctx.device(),
              [&](auto b) { SmearFixedKernel<decltype(b)>::backward(ctx, dy, x.value, gate.value, dx, dgate); });
  });
  return y;
}

Var smear_windowed(Context& ctx, const Var& x, const Tensor& ids, const Var& weight, const Var& lambda,
                   int64_t bos_id) {
  const Shape &s = x.shape(), &w = weight.shape();
  check(s.rank() == 3 && ids.shape == Shape({s[0], s[1]}) && ids.dtype == DType::i32 && w.rank() == 2 && w[0] == 1 &&
            w[1] <= s[2] && lambda.value.numel() == 1,
        "smear_windowed: x {}, ids {}, weight {}, lambda {}", s, ids.shape, w, lambda.shape());
  const Var y = ctx.output(ctx.alloc(s, x.value.dtype), x, weight, lambda);
  const Tensor sigmoid = ctx.alloc(ids.shape, DType::f32);
  on_device(ctx.device(), [&](auto b) {
    SmearWindowedKernel<decltype(b)>::forward(ctx, x.value, ids, weight.value, lambda.value, bos_id, y.value, sigmoid);
  });
  ctx.on_backward(y, [&ctx, x, weight, lambda, sigmoid](const Tensor& dy) {
    const GradTarget dx = ctx.grad_target(x), dweight = ctx.grad_target(weight), dlambda = ctx.grad_target(lambda);
    on_device(ctx.device(), [&](auto b) {
      SmearWindowedKernel<decltype(b)>::backward(ctx, dy, x.value, weight.value, lambda.value, sigmoid, dx, dweight,
                                                 dlambda);
    });
  });
  return y;
}

}  // namespace pgolf
