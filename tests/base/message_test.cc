// Text of strangers on its way to a terminal, a page or a table.
#include "base/message.h"

#include <gtest/gtest.h>

namespace pgolf {
namespace {

TEST(Message, WhatActsOnTheReaderIsReplaced) {
  EXPECT_EQ(readable("plain, Gr\u00fc\u00dfe, \u6c49, \U0001F600"), "plain, Gr\u00fc\u00dfe, \u6c49, \U0001F600");
  EXPECT_EQ(readable("\033[31mRED\033]0;x\007"), "?[31mRED?]0;x?");
  EXPECT_EQ(readable("a\u009b31m"), "a?31m");        // the one-byte escape of C1
  EXPECT_EQ(readable("exe.\u202egpj"), "exe.?gpj");  // turns what follows
  EXPECT_EQ(readable("\u2066a\u2069\u200f\u2028"), "?a???");
  EXPECT_EQ(readable("\xff\xfe name\xe2\x80"), "?? name??");  // no UTF-8
  EXPECT_EQ(readable("two\nlines\tand\r"), "two?lines?and?");
  EXPECT_EQ(readable("two\nlines\tand\r", "\n\t"), "two\nlines\tand?");
}

TEST(Message, AMessageIsOneLineOfBoundedLength) {
  EXPECT_EQ(as_message("a\nb"), "a?b");
  EXPECT_EQ(as_message(std::string(3000, 'x')), std::string(2000, 'x') + "...");
}

}  // namespace
}  // namespace pgolf
