// The values of eval_* files. Built twice, in float32 and in float64 (tests/float64/prelude.h).
#pragma once

#include "tests/support/golden_values.h"

namespace pgolf {

// One entry of the file's results: `val_loss`, `val_bpb`, and after test-time training `after_ttt.*` of each parameter.
GoldenValues eval_golden(const GoldenFile& file, const std::string& evaluation, uint64_t draw = 0);

}  // namespace pgolf
