#include "archive/corrections.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"
#include "tests/support/temp_directory.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

class CorrectionsTest : public testing::Test {
 protected:
  CorrectionsTest() {
    add_correction(file_, {0, "", 1143, "val_bpb", "1.0801", "1.1247", "U+FFFD counted as 3 bytes", "#1289"});
    add_correction(file_, {0, "", 755, "title", "", "x\ny", "of another", "#897"});
  }
  std::string refusal(const std::string& text) {
    try {
      parse_corrections(text, "log");
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::database);
      return e.what();
    }
    return "read";
  }
  TempDirectory directory_;
  std::filesystem::path file_ = directory_ / kCorrectionsFile;
};

TEST_F(CorrectionsTest, AreReadInTheirOrder) {
  EXPECT_TRUE(read_corrections(directory_ / "none").empty());
  const auto all = read_corrections(file_);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].pull, 1143);
  EXPECT_EQ(all[1].number, 2);
  EXPECT_EQ(all[1].is, "x?y");
  EXPECT_THAT(all[0].text(), HasSubstr("val_bpb 1.0801 -> 1.1247: U+FFFD counted as 3 bytes (#1289)"));
}

TEST_F(CorrectionsTest, ADamagedOrNewerLogIsRefused) {
  const std::string good = read_text(file_);
  const size_t second = good.find('\n') + 1;
  EXPECT_EQ(refusal(good), "read");
  EXPECT_THAT(refusal(good.substr(0, good.size() - 1)), HasSubstr("log:2: the log ends within a line"));
  EXPECT_THAT(refusal(good.substr(second)), HasSubstr("taken out"));
  std::string changed = good;
  changed.replace(changed.find("1.1247"), 6, "1.0247");
  EXPECT_THAT(refusal(changed), HasSubstr("log:2: the line before it was changed"));
  std::string newer = good;
  newer.replace(newer.find("correction/1"), 12, "correction/2");
  EXPECT_THAT(refusal(newer), HasSubstr("correction/2"));
  EXPECT_THAT(refusal("{\n"), HasSubstr("log:1"));
  EXPECT_THAT(refusal("[]\n"), HasSubstr("log"));
}

TEST_F(CorrectionsTest, NeedAReasonAndASource) {
  EXPECT_THROW(add_correction(file_, {0, "", 7, "val_bpb", "", "1", "", "s"}), Error);
  EXPECT_EQ(read_corrections(file_).size(), 2u);
}

}  // namespace
}  // namespace pgolf
