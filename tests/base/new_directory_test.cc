#include "base/new_directory.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "tests/support/temp_directory.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

class NewDirectoryTest : public testing::Test {
 protected:
  static bool is_page(const std::string& name) { return name.ends_with(".html"); }
  size_t entries() const { return static_cast<size_t>(std::distance(fs::directory_iterator(root_.path()), {})); }

  TempDirectory root_;
};

TEST_F(NewDirectoryTest, AppearsAtOnceAndReplacesItsOwnKind) {
  for (const char* text : {"first", "second"}) {
    NewDirectory pages(root_ / "pages/", is_page);
    pages.write("a.html", text);
    EXPECT_EQ(fs::exists(root_ / "pages/a.html"), text == std::string("second"));
    pages.finish();
    EXPECT_EQ(read_text(root_ / "pages/a.html"), text);
  }
  EXPECT_EQ(entries(), 1u);
}

TEST_F(NewDirectoryTest, LeavesNothingOfWhatWasNotFinished) {
  { NewDirectory(root_ / "pages", is_page).write("a.html", "x"); }
  EXPECT_EQ(entries(), 0u);
}

TEST_F(NewDirectoryTest, KeepsADirectoryThatHoldsAnythingElse) {
  fs::create_directory(root_ / "mine");
  write_file_atomic(root_ / "mine/thesis.tex", std::string_view("years"));
  try {
    NewDirectory(root_ / "mine", is_page);
    FAIL() << "a directory with another file";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::usage);
    EXPECT_NE(std::string(e.what()).find("thesis.tex"), std::string::npos);
  }
  EXPECT_EQ(read_text(root_ / "mine/thesis.tex"), "years");
  EXPECT_EQ(entries(), 1u);
  EXPECT_THROW(NewDirectory(root_ / "mine/thesis.tex", is_page), Error);
}

}  // namespace
}  // namespace pgolf
