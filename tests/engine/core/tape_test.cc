// What the tape frees, and when gradients may take the place of values.
#include "engine/core/tape.h"

#include <gtest/gtest.h>

#include "engine/core/context.h"
#include "tests/support/overwrite_freed.h"

namespace pgolf {
namespace {

constexpr int64_t kCount = 256;
constexpr size_t kBytes = kCount * sizeof(float);

void fill(const Tensor& t, float value) { std::fill_n(t.as<float>(), t.numel(), value); }

// y = 2 x, with a tensor that is kept for backward. `log` gets what is in use when its backward runs.
Var twice(Context& ctx, const Var& x, std::vector<size_t>* log = nullptr) {
  const Var y = ctx.output(ctx.alloc(x.shape(), DType::f32), x);
  const Tensor kept = ctx.alloc(x.shape(), DType::f32);
  for (int64_t i = 0; i < x.value.numel(); ++i) y.value.as<float>()[i] = 2 * x.value.as<float>()[i];
  fill(kept, 2);
  ctx.on_backward(y, [&ctx, x, kept, log](const Tensor& dy) {
    const GradTarget dx = ctx.grad_target(x);
    const Tensor temporary = ctx.alloc(dy.shape, DType::f32);
    for (int64_t i = 0; i < dy.numel(); ++i) {
      temporary.as<float>()[i] = kept.as<float>()[i] * dy.as<float>()[i];
      float& out = dx.tensor.as<float>()[i];
      out = dx.add ? out + temporary.as<float>()[i] : temporary.as<float>()[i];
    }
    if (log != nullptr) log->push_back(ctx.arena().used());
  });
  return y;
}

// [] = sum of x.
Var sum_of(Context& ctx, const Var& x) {
  const Var y = ctx.output(ctx.alloc({}, DType::f32), x);
  *y.value.as<float>() = 0;
  for (int64_t i = 0; i < x.value.numel(); ++i) *y.value.as<float>() += x.value.as<float>()[i];
  ctx.on_backward(y, [&ctx, x](const Tensor& dy) { fill(ctx.grad_target(x).tensor, *dy.as<float>()); });
  return y;
}

// A parameter: its gradient is its own.
struct Leaf {
  explicit Leaf(Context& ctx) : arena(ctx.device()) {
    slot.grad = arena.alloc({kCount}, DType::f32);
    var = {arena.alloc({kCount}, DType::f32), &slot};
    fill(var.value, 1);
  }
  Arena arena;
  GradSlot slot;
  Var var;
};

TEST(Tape, MemoryIsFreedAsBackwardPasses) {
  const OverwriteFreed overwrite;
  Context ctx(kCpu);
  Leaf leaf(ctx);
  for (int round = 0; round < 3; ++round) {
    leaf.slot.written = false;
    std::vector<size_t> used;
    ctx.reset();
    const Tensor before = ctx.alloc({kCount}, DType::f32);
    fill(before, 7);
    ctx.start_tape();
    Var x = leaf.var;
    for (int layer = 0; layer < 6; ++layer) x = twice(ctx, x, &used);
    const Var loss = sum_of(ctx, x);
    EXPECT_EQ(*loss.value.as<float>(), 64 * kCount);
    ctx.backward(loss);
    EXPECT_EQ(ctx.arena().used(), kBytes) << "the stack is as start_tape() found it";
    EXPECT_EQ(before.as<float>()[kCount - 1], 7);
    for (int64_t i = 0; i < kCount; ++i) ASSERT_EQ(leaf.slot.grad.as<float>()[i], 64);
    // Layer by layer: the tensors of the layers that are left, a temporary, and the gradients of y and x; of y alone
    // where x is the parameter. Between gradients there may be a gap, and one of the scalar loss's.
    ASSERT_EQ(used.size(), 6U);
    for (size_t i = 0; i < used.size(); ++i) {
      const size_t layers = 6 - i, gradients = i == 5 ? 1 : 2, live = kBytes * (1 + 2 * layers + 1 + gradients);
      EXPECT_GE(used[i], live) << "round " << round << ", step " << i;
      EXPECT_LE(used[i], live + kBytes + 256) << "round " << round << ", step " << i;
    }
  }
}

// An op that adds in place to columns of something without a gradient, as an adapter of a frozen first layer does:
// kernels have one stride for a value and its gradient.
TEST(Tape, AGradientLiesAsItsValue) {
  Context ctx(kCpu);
  Leaf leaf(ctx);
  ctx.start_tape();
  const Var columns = ctx.alloc({4, 6}, DType::f32).columns(2, 3);
  const Var sum = ctx.output_in_place(columns, leaf.var);
  ctx.on_backward(sum, [&](const Tensor& dy) { fill(ctx.grad_target(leaf.var).tensor, *dy.first<float>()); });
  const Var loss = ctx.output(ctx.alloc({}, DType::f32), sum);
  ctx.on_backward(loss, [&](const Tensor& dy) {
    const GradTarget target = ctx.grad_target(sum);
    EXPECT_EQ(target.tensor.shape, sum.shape());
    EXPECT_EQ(target.tensor.pitch, 6);
    EXPECT_EQ(target.tensor.run, 3);
    *target.tensor.first<float>() = *dy.as<float>();
  });
  ctx.backward(loss);
  EXPECT_EQ(leaf.slot.grad.as<float>()[0], 1);
  EXPECT_EQ(ctx.arena().used(), 0U);
}

TEST(Tape, AGradientLivesUntilItsVariableIsPassed) {
  const OverwriteFreed overwrite;
  Context ctx(kCpu);
  Leaf leaf(ctx);
  ctx.start_tape();
  const Var shared = twice(ctx, leaf.var);
  Var x = shared;
  for (int layer = 0; layer < 3; ++layer) x = twice(ctx, x);
  const Var both = twice(ctx, shared);  // recorded last: the first to write the gradient of `shared`
  const Var loss = ctx.output(ctx.alloc({}, DType::f32), x, both);
  ctx.on_backward(loss, [&](const Tensor& dy) {
    for (const Var& v : {x, both}) fill(ctx.grad_target(v).tensor, *dy.as<float>());
  });
  ctx.backward(loss);
  EXPECT_EQ(leaf.slot.grad.as<float>()[0], 2 * (8 + 2));
  EXPECT_EQ(ctx.arena().used(), 0U);
}

TEST(Tape, StoppingFreesGradientsAndKeepsValues) {
  Context ctx(kCpu);
  Leaf leaf(ctx);
  ctx.start_tape();
  const Var y = twice(ctx, leaf.var);
  ctx.grad_target(y);
  EXPECT_EQ(ctx.arena().used(), 3 * kBytes);
  ctx.stop_tape();
  EXPECT_EQ(ctx.arena().used(), 2 * kBytes);
  EXPECT_EQ(y.value.as<float>()[3], 2);
}

TEST(GradInPlace, OnlyWhereNothingElseReadsTheValue) {
  Context ctx(kCpu);
  Leaf leaf(ctx);
  ctx.start_tape();
  const auto use = [&](const Var& x) { return ctx.output(ctx.alloc({}, DType::f32), x); };
  const Var once = twice(ctx, leaf.var);
  use(once);
  EXPECT_TRUE(ctx.is_last_use(once));
  EXPECT_TRUE(ctx.is_last_use(once.view({2, kCount / 2}))) << "a view is the same variable";
  EXPECT_EQ(ctx.grad_in_place(once).tensor.data, once.value.data);
  EXPECT_TRUE(ctx.grad_in_place(once).add) << "later contributions are added";

  const Var by_two = twice(ctx, leaf.var);
  use(by_two), use(by_two);
  EXPECT_FALSE(ctx.is_last_use(by_two));
  EXPECT_NE(ctx.grad_in_place(by_two).tensor.data, by_two.value.data);

  const Var kept = twice(ctx, leaf.var);  // its own backward reads it
  ctx.keep(kept);
  use(kept);
  EXPECT_NE(ctx.grad_in_place(kept).tensor.data, kept.value.data);

  EXPECT_EQ(ctx.grad_in_place(leaf.var).tensor.data, leaf.slot.grad.data) << "a parameter's gradient is its own";
  EXPECT_FALSE(ctx.grad_in_place(Var(leaf.var.value)).wanted());
}

TEST(GradInPlace, AnOpInPlaceCountsAsOneUse) {
  Context ctx(kCpu);
  Leaf leaf(ctx);
  ctx.start_tape();
  const Var y = twice(ctx, leaf.var), x = twice(ctx, leaf.var);
  const Var sum = ctx.output_in_place(y, x);
  EXPECT_EQ(sum.slot, y.slot);
  EXPECT_TRUE(ctx.is_last_use(x));
  ctx.output(ctx.alloc({}, DType::f32), sum);
  EXPECT_TRUE(ctx.is_last_use(sum));
  const Var of_constant = ctx.output_in_place(Var(leaf.var.value), x);
  EXPECT_TRUE(of_constant.needs_grad());
  EXPECT_EQ(of_constant.value.data, leaf.var.value.data);
}

}  // namespace
}  // namespace pgolf
