#include "engine/optim/flat.h"

#include "engine/core/backend.h"

namespace pgolf {

void axpby(Context& ctx, float a, const Tensor& x, float b, const Tensor& y) {
  check(x.numel() == y.numel(), "axpby: {} and {} elements", x.numel(), y.numel());
  on_device(ctx.device(), [&](auto backend) { FlatKernel<decltype(backend)>::axpby(ctx, a, x, b, y); });
}

Tensor clip_to_norm(Context& ctx, const Tensor& x, float max_norm) {
  const Tensor norm = ctx.alloc({}, DType::f32);
  on_device(ctx.device(), [&](auto backend) {
    FlatKernel<decltype(backend)>::norm(ctx, x, norm);
    FlatKernel<decltype(backend)>::clip(ctx, x, norm, max_norm);
  });
  return norm;
}

void round_to_bf16_(Context& ctx, const Tensor& x) {
  on_device(ctx.device(), [&](auto backend) { FlatKernel<decltype(backend)>::round_bf16(ctx, x); });
}

}  // namespace pgolf
