#include "engine/bench/inputs.h"

#include <algorithm>
#include <random>
#include <vector>

#include "engine/ops/cast.h"

namespace pgolf {
namespace {
constexpr int64_t kBlock = int64_t{1} << 20;
constexpr uint64_t kSeed = 1234;
}  // namespace

void fill_normal(Context& ctx, const Tensor& t, float spread) {
  const int64_t n = t.numel(), block = std::min(n, kBlock);
  std::mt19937_64 generator(kSeed);
  std::normal_distribution<float> normal(0.0F, spread);
  std::vector<float> values(static_cast<size_t>(block));
  std::ranges::generate(values, [&] { return normal(generator); });
  const ArenaScope scope(ctx.scratch());
  const Tensor flat = t.view({n}), first = ctx.scratch().alloc({block}, DType::f32);
  ctx.copy(first, Tensor{values.data(), first.shape, DType::f32, kCpu});
  for (int64_t at = 0; at < n; at += block) {
    const int64_t count = std::min(block, n - at);
    cast_into(ctx, first.slice(0, count), {flat.slice(at, count)});
  }
}

Tensor random_tokens(Context& ctx, Arena& arena, Shape shape, int64_t vocab) {
  std::vector<double> weights;
  for (int64_t k = 0; k < vocab; ++k) weights.push_back(1.0 / static_cast<double>(k + 3));
  std::mt19937_64 generator(kSeed);
  std::discrete_distribution<int32_t> token(weights.begin(), weights.end());
  std::vector<int32_t> values(static_cast<size_t>(shape.numel()));
  std::ranges::generate(values, [&] { return token(generator); });
  const Tensor out = arena.alloc(shape, DType::i32);
  ctx.copy(out, Tensor{values.data(), shape, DType::i32, kCpu});
  return out;
}

}  // namespace pgolf
