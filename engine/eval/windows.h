// Which windows of the validation stream a pass evaluates, and which targets of each it scores.
// Target i is token i+1, predicted from the tokens before it; a window of inputs [begin, begin+length) sees targets of the
// same indices. Every form is what one submission's script does, losses and repetitions included (docs/evaluation.md).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/config/config.h"

namespace pgolf {

struct Window {
  int64_t begin = 0;        // first input token
  int64_t length = 0;       // inputs; shorter than the row only at the end of the stream
  int64_t score_begin = 0;  // targets [score_begin, score_end) count
  int64_t score_end = 0;
  bool operator==(const Window&) const = default;
};

// n targets cut into rows of W; a rest shorter than W is left out. Every target of a row is scored.
std::vector<Window> consecutive_windows(int64_t n, int64_t W);

// Windows of W inputs that advance by S. The first scores all its targets, the others their last S, except:
//   covering     PR 334: starts 0, S, ... <= n-W, and n-W where those do not reach the end
//   truncated    PR 849, and the TTT of 754 and 849: starts 0, S, ... < n, cut off at n
//   offset_only  PR 2143: starts with begin + W - S < n, scored from offset W-S on
//   lossy_first  PR 754: starts 0, S, ... <= n-W; the first window scores only its first S targets
std::vector<Window> sliding_windows(SlidingForm form, int64_t n, int64_t W, int64_t S);

}  // namespace pgolf
