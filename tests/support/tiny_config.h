// Tiny versions of the submissions' configurations, for tests that train, pack or score one in a moment.
#pragma once

#include <string>

#include "engine/config/config.h"

namespace pgolf {

// submissions/pr-<pr> at width 32, 4 layers, 32 tokens of vocabulary and rows of 16, with `world` ranks.
Config tiny_config(const std::string& pr, int64_t world);

// With the rounding that PR 754 and PR 849 claim and torch.compile had folded out of their training
// (docs/techniques.md), from the same step on.
Config with_late_qat(Config config);

}  // namespace pgolf
