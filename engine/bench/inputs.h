// Random inputs of any size, quickly: a block of random values, repeated. Never zeros, on which a GPU runs faster.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// Normal values times `spread`; f32 or bf16.
void fill_normal(Context& ctx, const Tensor& t, float spread);

// Token ids of [0, vocab), with the skew of text: token k about as often as 1 / (k + 3).
Tensor random_tokens(Context& ctx, Arena& arena, Shape shape, int64_t vocab);

}  // namespace pgolf
