#include "engine/eval/windows.h"

#include <algorithm>

#include "base/error.h"

namespace pgolf {
namespace {

// The last S targets of a window, or all of the stream's first window.
Window tail_scored(int64_t begin, int64_t end, int64_t S) {
  return {begin, end - begin, begin == 0 ? 0 : std::max(end - S, begin), end};
}

std::vector<Window> covering(int64_t n, int64_t W, int64_t S) {
  std::vector<Window> out;
  for (int64_t begin = 0; begin + W <= n; begin += S) out.push_back(tail_scored(begin, begin + W, S));
  if (const int64_t reached = out.empty() ? 0 : out.back().begin + W; reached < n)
    out.push_back(tail_scored(std::max<int64_t>(n - W, 0), n, S));
  return out;
}

std::vector<Window> truncated(int64_t n, int64_t W, int64_t S) {
  std::vector<Window> out;
  for (int64_t begin = 0; begin < n; begin += S) out.push_back(tail_scored(begin, std::min(begin + W, n), S));
  return out;
}

std::vector<Window> offset_only(int64_t n, int64_t W, int64_t S) {
  std::vector<Window> out;
  for (int64_t begin = 0; begin == 0 || begin + W - S < n; begin += S) {
    const int64_t end = std::min(begin + W, n);
    out.push_back({begin, end - begin, begin == 0 ? 0 : begin + W - S, end});
  }
  return out;
}

std::vector<Window> lossy_first(int64_t n, int64_t W, int64_t S) {
  std::vector<Window> out;
  for (int64_t begin = 0; begin + W <= n; begin += S)
    out.push_back(begin == 0 ? Window{0, W, 0, S} : tail_scored(begin, begin + W, S));
  return out;
}

}  // namespace

std::vector<Window> consecutive_windows(int64_t n, int64_t W) {
  std::vector<Window> out;
  for (int64_t begin = 0; begin + W <= n; begin += W) out.push_back({begin, W, begin, begin + W});
  return out;
}

std::vector<Window> sliding_windows(SlidingForm form, int64_t n, int64_t W, int64_t S) {
  check(n > 0 && W > 0 && S > 0 && S <= W, "sliding_windows: n {}, W {}, S {}", n, W, S);
  switch (form) {
    case SlidingForm::covering: return covering(n, W, S);
    case SlidingForm::truncated: return truncated(n, W, S);
    case SlidingForm::offset_only: return offset_only(n, W, S);
    case SlidingForm::lossy_first: return lossy_first(n, W, S);
  }
  return {};
}

}  // namespace pgolf
