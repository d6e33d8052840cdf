#include "engine/ops/split_columns.h"

#include <numeric>

#include "engine/ops/cast.h"
#include "tests/support/op_check.h"

namespace pgolf {
namespace {

Tensor counting(Context& ctx, Shape shape) {
  const Tensor t = ctx.alloc(shape, DType::f32);
  std::iota(t.as<float>(), t.as<float>() + t.numel(), 0.0F);
  return t;
}

TEST(SplitColumns, PartsLieInTheTensor) {
  Context ctx(kCpu);
  const Tensor x = counting(ctx, {2, 3, 6});
  const std::vector<Var> parts = split_columns(ctx, x, {1, 3, 2});
  EXPECT_EQ(parts[1].shape(), Shape({2, 3, 3}));
  EXPECT_EQ(parts[1].value.first<float>(), x.as<float>() + 1);
  EXPECT_EQ(parts[1].value.row_stride(3), 6);
  EXPECT_EQ(*parts[2].value.view({2, 3, 2, 1})[1].first<float>(), 22);
  EXPECT_EQ(*parts[2].value.view({6, 2}).slice(4, 1).first<float>(), 28);
  cast_into(ctx, counting(ctx, {6, 3}), {parts[1].value});
  EXPECT_EQ(x.as<float>()[7], 3) << "row 1 of what was written";
  EXPECT_EQ(x.as<float>()[6], 6) << "the column before stays";
}

TEST(SplitColumns, GradientsLieInTheTensorsGradient) {
  Context ctx(kCpu);
  GradSlot leaf;
  const Var source(counting(ctx, {4, 5}), &leaf);
  ctx.start_tape();
  const Var x = ctx.output(counting(ctx, {4, 5}), source);
  int checked = 0;
  ctx.on_backward(x, [&](const Tensor& dx) {  // after all parts
    EXPECT_EQ(std::vector<float>(dx.as<float>(), dx.as<float>() + 10),
              (std::vector<float>{0, 1, 0, 1, 2, 2, 3, 3, 4, 5}));
    ++checked;
  });
  const std::vector<Var> parts = split_columns(ctx, x, {2, 3});
  const Var loss = ctx.output(ctx.alloc({}, DType::f32), parts[0], parts[1]);
  ctx.on_backward(loss, [&](const Tensor&) {
    for (const Var& part : parts) {
      const GradTarget d = ctx.grad_target(part);
      EXPECT_FALSE(d.add);
      cast_into(ctx, counting(ctx, part.shape()), d);
      EXPECT_TRUE(ctx.grad_target(part).add);
    }
    ++checked;
  });
  ctx.backward(loss);
  EXPECT_EQ(checked, 2);
}

TEST(SplitColumns, APartWithoutAGradientIsRefused) {
  Context ctx(kCpu);
  GradSlot leaf;
  ctx.start_tape();
  const Var x = ctx.output(counting(ctx, {4, 5}), Var(counting(ctx, {4, 5}), &leaf));
  const std::vector<Var> parts = split_columns(ctx, x, {2, 3});
  const Var loss = ctx.output(ctx.alloc({}, DType::f32), parts[0]);
  ctx.on_backward(loss, [&](const Tensor&) { ctx.grad_target(parts[0]); });
  EXPECT_THROW(ctx.backward(loss), std::logic_error);
}

TEST(SplitColumns, RefusesWidthsThatDoNotFit) {
  Context ctx(kCpu);
  EXPECT_THROW(split_columns(ctx, ctx.zeros({2, 6}, DType::f32), {2, 3}), std::logic_error);
  EXPECT_THROW(split_columns(ctx, ctx.zeros({2, 6}, DType::f32), {6}), std::logic_error);
}

TEST(SplitColumns, WhatReadsElementAfterElementRefusesAPart) {
  Context ctx(kCpu);
  const Tensor part = ctx.zeros({2, 6}, DType::f32).columns(0, 4);
  EXPECT_THROW(part.as<float>(), std::logic_error);
  EXPECT_THROW(part.row_stride(3), std::logic_error);
  EXPECT_THROW(part.slice(0, 1).columns(0, 2), std::logic_error);
  EXPECT_THROW(ctx.copy(ctx.zeros({2, 4}, DType::f32), part), std::logic_error);
  EXPECT_THROW(ctx.fill_zero(part), std::logic_error);
}

}  // namespace
}  // namespace pgolf
