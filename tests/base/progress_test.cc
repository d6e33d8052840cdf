#include "base/progress.h"

#include <gtest/gtest.h>

namespace pgolf {
namespace {

TEST(Progress, WhatIsLeftIsTheLessOfWorkAndTime) {
  EXPECT_DOUBLE_EQ(seconds_left(30, 100, 400, 0), 90);
  EXPECT_DOUBLE_EQ(seconds_left(30, 100, 20'000, 120), 90);  // steps for 99 minutes, time for 90 s
  EXPECT_DOUBLE_EQ(seconds_left(30, 100, 200, 120), 30);
  EXPECT_DOUBLE_EQ(seconds_left(130, 100, 20'000, 120), 0);  // setting up counts here, not there
  EXPECT_DOUBLE_EQ(seconds_left(30, 400, 400, 0), 0);
}

}  // namespace
}  // namespace pgolf
