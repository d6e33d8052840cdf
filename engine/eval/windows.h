// Which windows of the validation stream a pass evaluates, and which targets of each it scores.
// Target i is token i+1, predicted from the tokens before it; a window of inputs [begin, begin+length) sees targets of
// the same indices. Every form is what one submission's script does, losses and repetitions included
// (docs/evaluation.md).
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

// PR 2097's eval_val: consecutive rows of W, `rows` of them as one window whose segments start at BOS and every W
// tokens. Each of `world` ranks takes a contiguous share of the rows and drops what does not fill a window.
std::vector<Window> packed_windows(int64_t n, int64_t W, int64_t rows, int64_t world);

// The plain pass of a configuration: what its script's eval_val does.
std::vector<Window> plain_windows(const Config& config, int64_t n);

// Test-time training by chunks (PR 754, 849): the truncated form without windows shorter than S, by the chunk of
// `chunk` targets in which the first scored target of a window lies.
std::vector<std::vector<Window>> windows_by_chunk(int64_t n, int64_t W, int64_t S, int64_t chunk);

// Part [begin, end) of `count` items that is one rank's: contiguous, cut at count * rank / world.
struct Share {
  int64_t begin, end;
};
Share rank_share(int64_t count, int64_t rank, int64_t world);

}  // namespace pgolf
