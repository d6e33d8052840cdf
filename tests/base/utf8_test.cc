#include "base/utf8.h"

#include <gtest/gtest.h>

namespace pgolf {
namespace {

TEST(Utf8, APrefixEndsBetweenCharacters) {
  EXPECT_EQ(utf8_prefix("caf\xc3\xa9", 5), "caf\xc3\xa9");
  EXPECT_EQ(utf8_prefix("caf\xc3\xa9", 4), "caf");
  EXPECT_EQ(utf8_prefix("caf\xc3\xa9s", 5), "caf\xc3\xa9");
  EXPECT_EQ(utf8_prefix("\xf0\x9f\x98\x80!", 3), "");
  EXPECT_EQ(utf8_prefix("\x80\x80\x80", 2), "");
  EXPECT_EQ(utf8_prefix("", 0), "");
}

TEST(Utf8, OnlyCapitalsOfAsciiAreMadeSmall) {
  EXPECT_EQ(lower_ascii("8x H100-SXM_Z[@"), "8x h100-sxm_z[@");
  EXPECT_EQ(lower_ascii("\u00c4\u0130"), "\u00c4\u0130");
}

}  // namespace
}  // namespace pgolf
