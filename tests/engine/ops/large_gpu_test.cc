// Tensors whose elements 31 bits do not count, as the logits of a large batch are: their last rows are computed as they
// are alone.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/error.h"
#include "engine/core/device_info.h"
#include "engine/core/transfer.h"
#include "engine/ops/cast.h"
#include "engine/ops/cross_entropy.h"

namespace pgolf {
namespace {

constexpr int64_t kVocab = 8192, kLast = 8, kRows = (int64_t{1} << 31) / kVocab + kLast;

std::vector<float> floats(Context& ctx, const Tensor& x) {
  const Tensor out = ctx.alloc(x.shape, DType::f32);
  cast_into(ctx, x, {out});
  return download(ctx, out);
}

void expect_last_rows_as_alone() {
  Context ctx(Device{0}, DType::bf16);
  std::mt19937 generator(31);
  std::normal_distribution<float> normal(0.0F, 8.0F);
  std::vector<float> values(kLast * kVocab);
  for (float& value : values) value = normal(generator);
  const Tensor last = ctx.alloc({kLast, kVocab}, DType::bf16), logits = ctx.alloc({kRows, kVocab}, DType::bf16);
  cast_into(ctx, upload(ctx, values, {kLast, kVocab}), {last});
  ctx.fill_zero(logits);
  ctx.copy(logits.slice(kRows - kLast, kLast), last);
  std::vector<int32_t> targets(kRows), last_targets(kLast, 4321);
  std::copy(last_targets.begin(), last_targets.end(), targets.end() - kLast);

  const Tensor nll = cross_entropy(ctx, logits, upload(ctx, targets, {kRows}), 30.0F).value;
  const Tensor alone = cross_entropy(ctx, last, upload(ctx, last_targets, {kLast}), 30.0F).value;
  EXPECT_EQ(download(ctx, nll.slice(kRows - kLast, kLast)), download(ctx, alone));
  EXPECT_NEAR(download(ctx, nll.slice(0, 1)).front(), std::log(static_cast<double>(kVocab)), 1e-4);

  softcap_(ctx, logits, 30.0F);
  softcap_(ctx, last, 30.0F);
  EXPECT_EQ(floats(ctx, logits.slice(kRows - kLast, kLast)), floats(ctx, last));
}

TEST(LargeTensors, GpuRowsBeyondThe31stBit) {
  if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  try {
    expect_last_rows_as_alone();
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::machine) throw;
    GTEST_SKIP() << e.what();  // 4 GiB of logits
  }
}

}  // namespace
}  // namespace pgolf
