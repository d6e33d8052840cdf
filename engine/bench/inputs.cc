#include "engine/bench/inputs.h"

#include <algorithm>

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

TextSource::TextSource(int64_t vocab, int64_t bos) : bos_(bos), generator_(kSeed) {
  std::vector<double> weights;
  for (int64_t k = 0; k < vocab; ++k) weights.push_back(1.0 / static_cast<double>(k + 3));
  token_ = std::discrete_distribution<uint32_t>(weights.begin(), weights.end());
}

std::vector<uint16_t> TextSource::tokens(int64_t count) {
  std::vector<uint16_t> out(static_cast<size_t>(count));
  for (uint16_t& token : out) {
    const bool starts = bos_ >= 0 && left_-- == 0;
    if (starts) left_ = std::uniform_int_distribution<int64_t>(99, 1999)(generator_);
    token = static_cast<uint16_t>(starts ? bos_ : token_(generator_));
  }
  return out;
}

Tensor random_tokens(Context& ctx, Arena& arena, Shape shape, int64_t vocab) {
  const std::vector<uint16_t> tokens = TextSource(vocab).tokens(shape.numel());
  std::vector<int32_t> values(tokens.begin(), tokens.end());
  const Tensor out = arena.alloc(shape, DType::i32);
  ctx.copy(out, Tensor{values.data(), shape, DType::i32, kCpu});
  return out;
}

}  // namespace pgolf
