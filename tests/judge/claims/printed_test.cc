#include "judge/claims/printed.h"

#include <gmock/gmock.h>

namespace pgolf {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Printed, WhatRoundingLeavesOpen) {
  // pr-754.toml, seed 1337, ttt: 151,079,961 to 151,079,965 on 62,021,632 targets.
  const auto bytes = implied_bytes_per_target("1.89396354", "1.12171486");
  EXPECT_NEAR(bytes.low * 62021632, 151079961, 1);
  EXPECT_NEAR(bytes.high * 62021632, 151079965, 1);
  EXPECT_TRUE(bytes.says_something());
  EXPECT_TRUE(implied_bytes_per_target("2.0611", "1.2207").contains(151080363.0 / 62021632));
  EXPECT_FALSE(implied_bytes_per_target("2.3", "0.0").contains(1.0));
}

TEST(Printed, ZerosAndFewDigitsSayNothing) {
  for (const auto& [loss, bpb] : {std::pair{"0.0000", "0.0000"},
                                  {"0.0000", "1.2000"},
                                  {"1.9000", "0.0000"},
                                  {"2.1", "1.2"},
                                  {"0.0001", "0.0001"}})
    EXPECT_FALSE(implied_bytes_per_target(loss, bpb).says_something()) << loss << " " << bpb;
  EXPECT_TRUE(implied_bytes_per_target("2.06", "1.22").says_something());
  EXPECT_TRUE(implied_bytes_per_target("99999999999999999999.9", "0.1234").says_something());  // absurd, but a number
}

TEST(Printed, TheSharedPlaceNeedBeNobodysMiddle) {
  // Each middle lies outside of another interval; all three meet between 4 and 5.
  const std::vector<ByteInterval> three{{0, 5}, {4, 9}, {3.9, 5.1}};
  EXPECT_THAT(most_shared(three), ElementsAre(::testing::DoubleNear(4.5, 1e-9)));
  const std::vector<ByteInterval> touching{{1, 2}, {2, 3}};
  EXPECT_THAT(most_shared(touching), ElementsAre(::testing::DoubleNear(2, 1e-9)));
  const std::vector<ByteInterval> two_groups{{1, 2}, {1.5, 2.5}, {7, 8}, {7.5, 9}, {20, 21}};
  EXPECT_THAT(most_shared(two_groups),
              ElementsAre(::testing::DoubleNear(1.75, 1e-9), ::testing::DoubleNear(7.75, 1e-9)));
  EXPECT_THAT(most_shared({}), IsEmpty());
}

}  // namespace
}  // namespace pgolf
