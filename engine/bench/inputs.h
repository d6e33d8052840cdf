// Random inputs of any size, quickly: a block of random values, repeated. Never zeros, on which a GPU runs faster.
#pragma once

#include <random>
#include <vector>

#include "engine/core/context.h"

namespace pgolf {

// Normal values times `spread`; f32 or bf16.
void fill_normal(Context& ctx, const Tensor& t, float spread);

// Token ids of [0, vocab) with the skew of text: token k about as often as 1 / (k + 3). With `bos` documents of 100 to
// 2,000 tokens begin with it.
class TextSource {
 public:
  explicit TextSource(int64_t vocab, int64_t bos = -1);
  std::vector<uint16_t> tokens(int64_t count);

 private:
  int64_t bos_, left_ = 0;  // of the current document
  std::mt19937_64 generator_;
  std::discrete_distribution<uint32_t> token_;
};

Tensor random_tokens(Context& ctx, Arena& arena, Shape shape, int64_t vocab);

}  // namespace pgolf
