// The values of model_* and lora_* files. Built twice, in float32 and in float64 (tests/float64/prelude.h).
#pragma once

#include "engine/core/context.h"
#include "tests/support/golden_values.h"

namespace pgolf {

// `loss`, `logits` where the file has them, `grad.*` of each parameter, and without values `no_grad.*` of those that
// nothing was contributed to.
GoldenValues model_golden(Context& ctx, const GoldenFile& file, uint64_t draw = 0);
GoldenValues model_golden(const GoldenFile& file, uint64_t draw = 0);  // on the CPU

// `per_token_loss`, `lora_grad.*`, `no_grad.*` of base parameters that nothing was contributed to: all of them.
GoldenValues lora_golden(Context& ctx, const GoldenFile& file, uint64_t draw = 0);
GoldenValues lora_golden(const GoldenFile& file, uint64_t draw = 0);  // on the CPU

// `init.*`: parameters right after construction. Files give no weights here, so every draw is the same.
GoldenValues init_golden(const GoldenFile& file);

}  // namespace pgolf
