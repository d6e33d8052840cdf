#include "engine/ops/attention.h"

#include "engine/core/backend.h"

namespace pgolf {

Var attention(Context& ctx, const Var& q, const Var& k, const Var& v, const Segments& segments) {
  const Shape &sq = q.shape(), &sk = k.shape();
  check(sq.rank() == 4 && sk.rank() == 4 && sk == v.shape() && sq[0] == sk[0] && sq[1] == sk[1] && sq[3] == sk[3] &&
            sq[2] % sk[2] == 0,
        "attention: q {}, k {}, v {}", sq, sk, v.shape());
  check(!segments.packed() || (sq[0] == 1 && segments.starts.dtype == DType::i32),
        "attention: packed segments need one row, and q is {}", sq);
  const Var y = ctx.output(ctx.alloc(sq, q.value.dtype), q, k, v);
  ctx.keep(y);
  const Tensor lse = ctx.alloc({sq[0], sq[2], sq[1]}, DType::f32);
  on_device(ctx.device(), [&](auto b) {
    AttentionKernel<decltype(b)>::forward(ctx, q.value, k.value, v.value, segments, y.value, lse);
  });
  ctx.on_backward(y, [=, &ctx](const Tensor& dy) {
    const GradTarget dq = ctx.grad_target(q), dk = ctx.grad_target(k), dv = ctx.grad_target(v);
    on_device(ctx.device(), [&](auto b) {
      AttentionKernel<decltype(b)>::backward(ctx, dy, q.value, k.value, v.value, segments, y.value, lse, dq, dk, dv);
    });
  });
  return y;
}

}  // namespace pgolf
