#include "base/message.h"

#include <gtest/gtest.h>

namespace pgolf {
namespace {

TEST(Message, ControlsAndTurnsOfDirectionBecomeQuestionMarks) {
  EXPECT_EQ(as_message("a\n\x1b[2J\x7f"), "a??[2J?");
  EXPECT_EQ(as_message("\xC2\x9Bm \xC2\xA0"), "?m \xC2\xA0");
  EXPECT_EQ(as_message("a\xE2\x80\xAEgol.exe"), "a?gol.exe");                     // U+202E
  EXPECT_EQ(as_message("\xE2\x81\xA6\xE2\x81\xA9\xE2\x80\x8E"), "???");           // U+2066, U+2069, U+200E
  EXPECT_EQ(as_message("\xE2\x80\x94\xE2\x82\xAC"), "\xE2\x80\x94\xE2\x82\xAC");  // a dash, a euro
  EXPECT_EQ(as_message("cut \xE2\x80"), "cut \xE2\x80");
}

}  // namespace
}  // namespace pgolf
