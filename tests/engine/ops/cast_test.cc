#include "engine/ops/cast.h"

#include <gtest/gtest.h>

#include <vector>

namespace pgolf {
namespace {

TEST(Cast, OfTheSameTypeIsTheVariableItself) {
  Context ctx(kCpu);
  const Var x(ctx.zeros({3}, DType::f32));
  EXPECT_EQ(cast(ctx, x, DType::f32).value.data, x.value.data);
}

TEST(Cast, IntoAddsOrStores) {
  Context ctx(kCpu);
  std::vector<float> from = {1, 2, 3}, to = {10, 20, 30};
  const Tensor target{to.data(), {3}};
  cast_into(ctx, Tensor{from.data(), {3}}, {target, true});
  EXPECT_EQ(to, (std::vector<float>{11, 22, 33}));
  cast_into(ctx, Tensor{from.data(), {3}}, {target, false});
  EXPECT_EQ(to, from);
  EXPECT_THROW(cast_into(ctx, Tensor{from.data(), {2}}, {target}), std::logic_error);
}

}  // namespace
}  // namespace pgolf
