#include "engine/ops/squared_mlp.h"

#include "engine/core/backend.h"
#include "engine/ops/activation.h"
#include "engine/ops/cast.h"
#include "engine/ops/linear.h"
#include "engine/ops/matmul.h"

namespace pgolf {
namespace {

constexpr int64_t kTile = 128;   // rows and columns of a thread block's part of the product
constexpr int64_t kCluster = 2;  // blocks, one below the other, that work on neighbouring tiles even beyond the rows

// What the fused products keep for backward.
struct Kept {
  Tensor a, signs;
};

// The CPU computes by the definition alone.
bool takes(Context& ctx, const Tensor& x, const Tensor& up) {
  if (ctx.compute() != DType::bf16 || ctx.device().is_meta() || ctx.device().is_cpu()) return false;
  return with_cuda([&](auto cuda) { return SquaredProduct<decltype(cuda)>::takes(ctx, x, up); });
}

void backward(Context& ctx, const Tensor& dy, const Kept& kept, const Var& x, const Var& up, float slope,
              const Var& down) {
  const ArenaScope scope(ctx.arena());
  const Tensor dy_rounded = as_matrix(rounded(ctx, dy));
  const GradTarget dx = ctx.grad_target(x), dup = ctx.grad_target(up), ddown = ctx.grad_target(down);
  if (ddown.wanted()) matmul(ctx, transposed(dy_rounded), {kept.a}, ddown.tensor, ddown.beta());
  if (!dx.wanted() && !dup.wanted()) return;
  const Tensor dh = ctx.alloc(kept.a.shape);
  with_cuda([&](auto cuda) {
    SquaredProduct<decltype(cuda)>::backward(ctx, dy_rounded, down.value, slope, kept.a, kept.signs, dh);
  });
  if (dup.wanted()) matmul(ctx, transposed(dh), {as_matrix(x.value)}, dup.tensor, dup.beta());
  if (dx.wanted()) matmul(ctx, {dh}, {up.value}, as_matrix(dx.tensor), dx.beta());
}

}  // namespace

int64_t sign_words(int64_t rows, int64_t hidden) {
  const auto tiles = [](int64_t count, int64_t elements) { return (count + elements - 1) / elements; };
  return kCluster * tiles(rows, kCluster * kTile) * tiles(hidden, kTile) * (kTile * kTile / 32);
}

Var squared_mlp(Context& ctx, const Var& x, const Var& up, float slope, const Var& down, const Var& summand) {
  const Shape &w1 = up.shape(), &w2 = down.shape();
  check(w1.rank() == 2 && w2.rank() == 2 && w1[1] == x.shape()[-1] && w2[1] == w1[0], "squared_mlp: x {}, {}, {}",
        x.shape(), w1, w2);
  const Var input = cast(ctx, x, ctx.compute());
  const Shape signs{sign_words(input.value.rows(), w1[0])};
  if (!takes(ctx, input.value, up.value)) {
    if (ctx.device().is_meta() && ctx.compute() == DType::bf16) ctx.alloc(signs, DType::i32);  // a GPU may need them
    return activated_linear(ctx, linear(ctx, input, up), slope, down, summand);
  }
  const Tensor& s = summand.value;
  const Kept kept{ctx.alloc({input.value.rows(), w1[0]}), ctx.alloc(signs, DType::i32)};
  const Var y = ctx.output(ctx.alloc(x.shape().with_last(w2[0]), s.defined() ? s.dtype : ctx.compute()), input, up,
                           down, summand);
  with_cuda([&](auto cuda) {
    SquaredProduct<decltype(cuda)>::forward(ctx, as_matrix(input.value), up.value, slope, kept.a, kept.signs);
  });
  matmul(ctx, {kept.a}, transposed(down.value), as_matrix(y.value), s.defined() ? 1.0F : 0.0F, s);
  ctx.on_backward(y, [&ctx, kept, input, up, slope, down, summand, y](const Tensor& dy) {
    backward(ctx, dy, kept, input, up, slope, down);
    pass_gradient(ctx, y, summand);
  });
  return y;
}

}  // namespace pgolf
