#include "engine/core/parallel.h"

#include <cblas.h>
#include <gtest/gtest.h>

#include <vector>

namespace pgolf {
namespace {

// Before anything asked for threads: initial weights are made by OpenBLAS, and the order of its sums follows the number
// of its threads. On a machine of 32 cores they differed from those of 8 in the last bits.
TEST(Parallel, KeepsOpenBlasAtOneThreadFromTheStart) {
  EXPECT_EQ(openblas_get_num_threads(), 1);
  EXPECT_GE(num_threads(), 1);
}

TEST(Parallel, RunsEveryPieceOnceForAnyNumberOfThreads) {
  for (const int threads : {1, 2, 5}) {
    set_num_threads(threads);
    std::vector<int> seen(1'003);
    parallel_for(1'003, 10, [&](int64_t begin, int64_t end) {
      EXPECT_LE(end - begin, 10);
      for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
    });
    EXPECT_EQ(seen, std::vector<int>(1'003, 1)) << threads;
  }
}

}  // namespace
}  // namespace pgolf
