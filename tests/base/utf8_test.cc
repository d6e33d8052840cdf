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

}  // namespace
}  // namespace pgolf
