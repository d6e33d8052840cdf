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

std::vector<Window> packed_windows(int64_t n, int64_t W, int64_t rows, int64_t world) {
  std::vector<Window> out;
  for (int64_t rank = 0; rank < world; ++rank) {
    const Share share = rank_share(n / W, rank, world);
    for (int64_t row = share.begin; row + rows <= share.end; row += rows)
      out.push_back({row * W, rows * W, row * W, (row + rows) * W});
  }
  return out;
}

std::vector<Window> plain_windows(const Config& config, int64_t n) {
  const EvalConfig& e = config.eval;
  switch (e.plain) {
    case PlainPass::consecutive: return consecutive_windows(n, e.seq_len);
    case PlainPass::sliding: return sliding_windows(e.sliding_form, n, e.seq_len, e.stride);
    case PlainPass::packed: {
      const int64_t parts = config.train.world_size * config.train.grad_accum_steps;
      return packed_windows(n, e.seq_len, e.packed_batch_tokens / parts / e.seq_len, config.train.world_size);
    }
  }
  return {};
}

std::vector<std::vector<Window>> windows_by_chunk(int64_t n, int64_t W, int64_t S, int64_t chunk) {
  std::vector<std::vector<Window>> out(static_cast<size_t>((n + chunk - 1) / chunk));
  for (const Window& w : sliding_windows(SlidingForm::truncated, n, W, S))
    if (w.length >= S || w.begin == 0) out[static_cast<size_t>(w.score_begin / chunk)].push_back(w);
  return out;
}

Share rank_share(int64_t count, int64_t rank, int64_t world) {
  return {count * rank / world, count * (rank + 1) / world};
}

}  // namespace pgolf
