// What a training script printed, read as the challenge's scripts print it (docs/submission.md has the forms).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "resolve/published_log.h"

namespace pgolf {

inline constexpr int64_t kMostLogBytes = 64 << 20;

struct TrainingLog {
  PublishedTraining training;   // all but seed and hash; `ttt` without its limit
  std::optional<int64_t> seed;  // where the log prints it
};

// `tokens_per_step` turns a printed rate of tokens into a time, where no time is printed to the millisecond. Messages
// call the log `name`. Errors: submission for a log without steps or times, whose steps or times go back, or that ends
// before its training does.
TrainingLog parse_training_log(std::string_view text, const std::string& name, int64_t tokens_per_step);

}  // namespace pgolf
