// What ranks bring into each other's scopes is bounded: a short ledger can ask for very much of it.
#include "engine/evidence/state_flow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error_of.h"

namespace pgolf {
namespace {

TEST(StateFlow, CopiesOfManyRangesAreCounted) {
  TargetRanges separate;
  for (int64_t i = 0; i < 100; ++i) separate.push_back({2 * i, 2 * i + 1});
  const auto told = [&](int scopes) {
    StateFlow flow;
    flow.update(0, "s0", separate);
    for (int i = 0; i < scopes; ++i) flow.copy(1, "copy" + std::to_string(i), "s0");
    flow.sync(1000);
  };
  EXPECT_NO_THROW(told(5));
  const Error e = error_of([&] { told(50); });  // 100 ranges in each of 50 scopes
  EXPECT_EQ(e.kind(), ErrorKind::submission);
  EXPECT_THAT(e.what(), testing::HasSubstr("more than 1000 separate ranges"));
}

}  // namespace
}  // namespace pgolf
