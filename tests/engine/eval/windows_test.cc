#include "engine/eval/windows.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace pgolf {
namespace {

// How often each of n targets is scored.
std::vector<int> counts(const std::vector<Window>& windows, int64_t n) {
  std::vector<int> out(static_cast<size_t>(n), 0);
  for (const Window& w : windows) {
    EXPECT_GE(w.score_begin, w.begin);
    EXPECT_LE(w.score_end, w.begin + w.length);
    for (int64_t i = w.score_begin; i < w.score_end; ++i) ++out[static_cast<size_t>(i)];
  }
  return out;
}

TEST(Windows, ConsecutiveLeaveOutTheRest) {
  const auto windows = consecutive_windows(25, 8);
  ASSERT_EQ(windows.size(), 3U);
  EXPECT_EQ(windows[2], (Window{16, 8, 16, 24}));
  const auto n = counts(windows, 25);
  EXPECT_EQ(std::count(n.begin(), n.end(), 1), 24);
  EXPECT_EQ(n[24], 0);
}

TEST(Windows, CoveringScoresOnceWhereStridesReachTheEnd) {
  for (const int c : counts(sliding_windows(SlidingForm::covering, 64, 16, 4), 64)) EXPECT_EQ(c, 1);
}

TEST(Windows, CoveringRescoresInItsTailWindow) {
  const auto n = counts(sliding_windows(SlidingForm::covering, 66, 16, 4), 66);
  EXPECT_EQ(std::count(n.begin(), n.end(), 1), 64);
  EXPECT_EQ(n[62], 2);  // the tail window scores 62..65, and 62, 63 had been scored
  EXPECT_EQ(n[63], 2);
}

TEST(Windows, CoveringOfLessThanOneWindowScoresAll) {
  const auto windows = sliding_windows(SlidingForm::covering, 10, 16, 4);
  ASSERT_EQ(windows.size(), 1U);
  EXPECT_EQ(windows[0], (Window{0, 10, 0, 10}));
}

TEST(Windows, TruncatedScoresTheFinalStrideOncePerWindowThatTouchesIt) {
  const auto n = counts(sliding_windows(SlidingForm::truncated, 64, 16, 4), 64);
  EXPECT_EQ(n[0], 1);
  EXPECT_EQ(n[59], 1);
  for (size_t i = 60; i < 64; ++i) EXPECT_EQ(n[i], 4);  // W/S: techniques.md's 2048/64 = 32
}

TEST(Windows, OffsetOnlyScoresOnceForAnyLength) {
  for (const int64_t n : {10, 16, 17, 64, 66, 100})
    for (const int c : counts(sliding_windows(SlidingForm::offset_only, n, 16, 4), n)) EXPECT_EQ(c, 1) << "n " << n;
}

TEST(Windows, LossyFirstLosesTheRestOfTheFirstWindow) {
  const auto n = counts(sliding_windows(SlidingForm::lossy_first, 64, 16, 4), 64);
  for (size_t i = 0; i < 64; ++i) EXPECT_EQ(n[i], i >= 4 && i < 16 ? 0 : 1) << i;
}

// What the scripts' windows cover of the challenge's streams: numbers of the logs (submissions/*/submission.toml).
constexpr int64_t kSp1024Targets = 62021632, kCaseopsTargets = 47851520;

int64_t num_scored(const std::vector<Window>& windows) {
  int64_t n = 0;
  for (const Window& w : windows) n += w.score_end - w.score_begin;
  return n;
}

TEST(Windows, ChunkedTrainingHasTheLogsChunksAndWindows) {
  const auto chunks = windows_by_chunk(kSp1024Targets, 2048, 64, 32768);
  EXPECT_EQ(chunks.size(), 1893U);
  size_t windows = 0;
  int64_t scored = 0;
  for (size_t c = 0; c < chunks.size(); ++c) {
    windows += chunks[c].size();
    scored += num_scored(chunks[c]);
    for (const Window& w : chunks[c]) ASSERT_EQ(w.score_begin / 32768, static_cast<int64_t>(c));
  }
  EXPECT_EQ(windows, 969088U);
  EXPECT_EQ(scored, 62023616);  // 1,984 more than there are
}

TEST(Windows, ChunkedTrainingLeavesOutWindowsShorterThanTheStride) {
  const auto chunks = windows_by_chunk(66, 16, 4, 1000);
  ASSERT_EQ(chunks.size(), 1U);
  for (const Window& w : chunks[0]) EXPECT_GE(w.length, 4);
  EXPECT_EQ(sliding_windows(SlidingForm::truncated, 66, 16, 4).size(), chunks[0].size() + 1);
}

TEST(Windows, LossyFormLoses1984TargetsOfTheStream) {
  EXPECT_EQ(num_scored(sliding_windows(SlidingForm::lossy_first, kSp1024Targets, 2048, 64)), kSp1024Targets - 1984);
}

TEST(Windows, PackedPassDrops92Of18692Rows) {
  Config config;
  config.eval.seq_len = 2560;
  config.eval.plain = PlainPass::packed;
  config.train.world_size = 8;
  config.train.grad_accum_steps = 1;
  const auto windows = plain_windows(config, kCaseopsTargets);
  EXPECT_EQ(windows.front().length, 25 * 2560);
  EXPECT_EQ(num_scored(windows), 47616000);
  EXPECT_EQ((kCaseopsTargets - num_scored(windows)) / 2560, 92);
}

TEST(Windows, SharesAreContiguousAndComplete) {
  int64_t next = 0;
  for (int64_t rank = 0; rank < 8; ++rank) {
    const Share share = rank_share(12, rank, 8);
    EXPECT_EQ(share.begin, next);
    EXPECT_TRUE(share.end - share.begin == 1 || share.end - share.begin == 2);
    next = share.end;
  }
  EXPECT_EQ(next, 12);
}

}  // namespace
}  // namespace pgolf
