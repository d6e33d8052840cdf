#include "engine/ops/lora.h"

#include "engine/core/backend.h"
#include "engine/ops/matmul.h"

namespace pgolf {

Var add_lora(Context& ctx, const Var& y, const Var& x, const Var& a, const Var& b, float scale) {
  const Shape &sx = x.shape(), &sa = a.shape(), &sb = b.shape();
  check(sx.rank() == 3 && sa.rank() == 3 && sb.rank() == 3 && sx[0] == sa[0] && sa[0] == sb[0] && sx[2] == sa[2] &&
            sa[1] == sb[2] && y.value.numel() == sx[0] * sx[1] * sb[1],
        "add_lora: y {}, x {}, a {}, b {}", y.shape(), sx, sa, sb);
  const Shape added{sx[0], sx[1], sb[1]}, narrow{sx[0], sx[1], sa[1]};
  const auto scale_in_place = [&ctx, scale](const Tensor& t) {
    on_device(ctx.device(), [&](auto backend) { LoraKernel<decltype(backend)>::scale(ctx, t, scale); });
  };
  const Tensor h = ctx.alloc(narrow);  // scale · x aᵀ
  matmul(ctx, {x.value}, transposed(a.value), h);
  scale_in_place(h);
  matmul(ctx, {h}, transposed(b.value), y.value.view(added), 1.0F);
  const Var out = ctx.output_in_place(y, x, a, b);
  ctx.on_backward(out, [=, &ctx](const Tensor& dout) {
    const Tensor dy = dout.view(added);
    const GradTarget dx = ctx.grad_target(x), da = ctx.grad_target(a), db = ctx.grad_target(b);
    if (dx.wanted() || da.wanted()) {
      const ArenaScope scope(ctx.scratch());
      const Tensor dh = ctx.scratch().alloc(narrow, h.dtype);
      matmul(ctx, {dy}, {b.value}, dh);
      scale_in_place(dh);
      if (dx.wanted()) matmul(ctx, {dh}, {a.value}, dx.tensor, dx.beta());
      if (da.wanted()) matmul(ctx, transposed(dh), {x.value}, da.tensor, da.beta());
    }
    if (db.wanted()) matmul(ctx, transposed(dy), {h}, db.tensor, db.beta());
  });
  return out;
}

}  // namespace pgolf
