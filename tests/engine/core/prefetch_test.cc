#include "engine/core/prefetch.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "engine/core/device_info.h"

namespace pgolf {
namespace {

std::vector<int32_t> batch(int32_t start) { return {start, start + 1, start + 2, start + 3}; }

std::vector<int32_t> on_host(Context& ctx, const Tensor& t) {
  std::vector<int32_t> out(static_cast<size_t>(t.numel()));
  ctx.copy(Tensor{out.data(), t.shape, DType::i32, kCpu}, t);
  return out;
}

// Batches come out in order, and one that was taken stays while two more arrive.
void expect_queue(Device device) {
  Context ctx(device);
  const auto prefetch = make_prefetch(ctx, 4);
  prefetch->send(batch(0));
  for (int32_t i = 0; i < 20; ++i) {
    prefetch->send(batch(10 * i + 10));
    const Tensor now = prefetch->take();
    if (i % 3 == 0) {
      prefetch->send(batch(10 * i + 20));
      EXPECT_EQ(on_host(ctx, now), batch(10 * i));
      EXPECT_EQ(on_host(ctx, prefetch->take()), batch(10 * i + 10));
      ++i;
    } else {
      EXPECT_EQ(on_host(ctx, now), batch(10 * i));
    }
  }
}

TEST(Prefetch, KeepsOrderAndContents) { expect_queue(kCpu); }

TEST(Prefetch, KeepsOrderAndContentsGpu) {
  const Device device = resolve_device("auto");
  if (device.is_cpu()) GTEST_SKIP() << "no CUDA device";
  expect_queue(device);
}

TEST(Prefetch, TakesShorterBatches) {
  Context ctx(kCpu);
  const auto prefetch = make_prefetch(ctx, 9);
  prefetch->send(batch(5));
  const Tensor taken = prefetch->take();
  EXPECT_EQ(taken.shape, Shape({4}));
  EXPECT_EQ(on_host(ctx, taken), batch(5));
}

TEST(Prefetch, RefusesTooManyAndNone) {
  Context ctx(kCpu);
  const auto prefetch = make_prefetch(ctx, 4);
  EXPECT_THROW(prefetch->take(), std::logic_error);
  prefetch->send(batch(0));
  prefetch->send(batch(1));
  EXPECT_THROW(prefetch->send(batch(2)), std::logic_error);
  EXPECT_THROW(make_prefetch(ctx, 3)->send(batch(0)), std::logic_error);
}

}  // namespace
}  // namespace pgolf
