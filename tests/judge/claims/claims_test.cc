#include "judge/claims/claims.h"

#include <gtest/gtest.h>

namespace pgolf::rules {
namespace {

Finding of(Status status, int64_t observed) { return {status, observed, {}, "bytes", {}, {}}; }

// Of several seeds in one file: a breach before an open question before a reservation before a pass, whatever the order
// in which they stand. An open question that gave way to a reservation would let missing evidence pass.
TEST(KeepWorst, OrdersStatusesAsTheOutcomeDoes) {
  const std::vector<Status> worst_first = {Status::fail, Status::unknown, Status::warn, Status::pass};
  for (size_t a = 0; a < worst_first.size(); ++a)
    for (size_t b = 0; b < worst_first.size(); ++b) {
      ClaimFinding worst;
      keep_worst(worst, of(worst_first[a], 1));
      keep_worst(worst, of(worst_first[b], 2));
      EXPECT_EQ(worst->status, worst_first[std::min(a, b)]) << a << " " << b;
    }
}

TEST(KeepWorst, OfEqualStatusKeepsTheLargerValue) {
  ClaimFinding worst;
  for (const int64_t bytes : {15'900'000, 15'990'000, 15'950'000}) keep_worst(worst, of(Status::pass, bytes));
  EXPECT_EQ(worst->observed, 15'990'000);
}

}  // namespace
}  // namespace pgolf::rules
