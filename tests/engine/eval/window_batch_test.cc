#include "engine/eval/window_batch.h"

#include <gtest/gtest.h>

#include "engine/eval/data_parallel.h"

namespace pgolf {
namespace {

TEST(WindowBatch, GathersAndPads) {
  const ValSet val({{10, 11, 12, 13, 14}, {0, 1, 2, 3, 4}}, 2);  // four targets
  const std::vector<Window> windows = {{0, 3, 0, 3}, {2, 2, 3, 4}, {0, 0, 0, 0}};
  const WindowBatch batch = gather(val, windows, 3);
  EXPECT_EQ(batch.ids, (std::vector<int32_t>{10, 11, 12, 12, 13, 0, 0, 0, 0}));
  EXPECT_EQ(batch.targets, (std::vector<int32_t>{11, 12, 13, 13, 14, 0, 0, 0, 0}));
  EXPECT_EQ(batch.position(1, 3), 4);
}

TEST(PackedRow, StartsAtBosAndCutsLongSegments) {
  const std::vector<int32_t> ids = {5, 6, 1, 7, 8, 9, 9, 9, 1, 1};
  const PackedRow row = packed_row(ids, 1, 4);
  EXPECT_EQ(row.starts, (std::vector<int32_t>{0, 2, 6, 8, 9, 10}));
  EXPECT_EQ(row.longest, 4);
  EXPECT_EQ(packed_row(std::vector<int32_t>{1, 5, 5}, 1, 8).starts, (std::vector<int32_t>{0, 3}));
}

TEST(DataParallel, RanksWalkThroughTheirShares) {
  // 12 sequences over 8 ranks, in batches of 32: PR 2097's global SGD, whose ranks get one or two.
  auto steps = parallel_steps(12, 8, 32);
  ASSERT_EQ(steps.size(), 1U);
  ASSERT_EQ(steps[0].size(), 8U);
  EXPECT_EQ(steps[0][0].begin, 0);
  EXPECT_EQ(steps[0][0].end, 1);
  EXPECT_EQ(steps[0][1].end - steps[0][1].begin, 2);
  EXPECT_EQ(steps[0][7].end, 12);

  steps = parallel_steps(7, 2, 2);  // shares of 3 and 4 in batches of 2
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[1][0].end - steps[1][0].begin, 1);
  EXPECT_EQ(steps[1][1].end - steps[1][1].begin, 2);

  steps = parallel_steps(3, 8, 4);  // five ranks have nothing
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].size(), 3U);
  EXPECT_TRUE(parallel_steps(0, 8, 4).empty());
}

}  // namespace
}  // namespace pgolf
