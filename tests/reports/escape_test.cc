#include "reports/escape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/pages.h"

namespace pgolf {
namespace {

TEST(PageName, IsSafeInAnyDirectory) {
  EXPECT_EQ(page_name("334-demo-20260501"), "334-demo-20260501");
  EXPECT_EQ(page_name("../../etc/passwd"), "run.._.._etc_passwd");
  EXPECT_EQ(page_name(""), "run");
  EXPECT_EQ(page_name("a/b<c>"), "a_b_c_");
}

TEST(CommandLine, CanBePasted) {
  EXPECT_EQ(command_line({"pgolf", "reproduce", "334", "--set", "a=b c"}), "pgolf reproduce 334 --set 'a=b c'");
  EXPECT_EQ(command_line({"x", "", "it's", "$(rm)"}), "x '' 'it'\\''s' '$(rm)'");
}

TEST(Escape, CsvFollowsRfc4180AndDefusesFormulas) {
  EXPECT_EQ(csv_line({"a", "b,c", "d\"e", "f\ng"}), "a,\"b,c\",\"d\"\"e\",\"f\ng\"\r\n");
  EXPECT_EQ(csv_line({"", "=1+1", "-5", "-x", "+1.5e-3"}), ",'=1+1,-5,'-x,+1.5e-3\r\n");
}

TEST(Escape, MarkdownHasNoMarkup) {
  EXPECT_EQ(markdown_text("a|b<c>_d_\n[x](y)"), "a\\|b&lt;c\\>\\_d\\_ \\[x\\](y)");
  EXPECT_EQ(markdown_code("plain"), "`plain`");
  EXPECT_EQ(markdown_code("a``b`"), "``` a``b` ```");
}

}  // namespace
}  // namespace pgolf
