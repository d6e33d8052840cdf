#include "engine/eval/windows.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace pgolf
