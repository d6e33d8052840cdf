#include "resolve/extent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "resolve/submission.h"
#include "tests/support/error_of.h"
#include "tests/support/source_dir.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

DataExtent extent_of(const char* id) { return load_submission(source_dir() / "submissions" / id).upstream_data; }

TEST(ExtentTest, IsPinnedForAllFive) {
  EXPECT_EQ(extent_text(extent_of("pr-849")), "10 training shards of 100,000,000 tokens");
  EXPECT_EQ(extent_text(extent_of("pr-754")), "80 training shards of 100,000,000 tokens");
  EXPECT_EQ(extent_text(extent_of("pr-2143")), "80 training shards of unknown size");
  EXPECT_EQ(extent_text(extent_of("pr-2097")), "80 training shards of unknown size");
  EXPECT_EQ(extent_text(extent_of("pr-334")), "an unknown number of training shards of 100,000,000 tokens");
  EXPECT_EQ(extent_of("pr-849").train_tokens, 1'000'000'000);
  EXPECT_EQ(extent_of("pr-754").train_tokens, 8'000'000'000);
  for (const std::string& id : list_submissions(source_dir() / "submissions"))
    EXPECT_FALSE(extent_of(id.c_str()).evidence.empty()) << id;
}

TEST(ExtentTest, OtherShardsOrTokensAreOtherData) {
  const DataExtent known = extent_of("pr-849"), half = extent_of("pr-2097");
  EXPECT_EQ(compare_extent(known, 10, 1'000'000'000).same, SameExtent::yes);
  EXPECT_EQ(compare_extent(known, 80, 8'000'000'000).same, SameExtent::no);
  EXPECT_EQ(
      compare_extent(known, 80, 8'000'000'000).reason,
      "80 training shards with 8,000,000,000 tokens here, the submission had 10 training shards of 100,000,000 tokens");
  EXPECT_EQ(compare_extent(known, 10, 999'999'999).same, SameExtent::no);
  EXPECT_EQ(compare_extent(half, 80, 800'000'000).same, SameExtent::unknown);
  EXPECT_EQ(compare_extent(half, 79, 790'000'000).same, SameExtent::no);
  EXPECT_EQ(compare_extent({}, 3, 5).same, SameExtent::unknown);
}

TEST(ExtentTest, ReadsBackAsWritten) {
  for (const DataExtent& extent : {extent_of("pr-849"), extent_of("pr-2097"), DataExtent{}}) {
    const DataExtent read = extent_from_json(to_json(extent));
    EXPECT_EQ(to_json(read), to_json(extent));
  }
  EXPECT_EQ(extent_text(extent_from_json(Json::array())), "an unknown number of training shards of unknown size");
}

TEST(ExtentTest, AnExtentIsANumberOrUnknown) {
  const std::string file = read_text(source_dir() / "submissions/pr-849/submission.toml");
  const auto with = [&](const std::string& value) {
    std::string text = file;
    const std::string line = "train_shards = 10\n";
    text.replace(text.find(line), line.size(), "train_shards = " + value + "\n");
    return parse_submission(text, "submission.toml");
  };
  EXPECT_EQ(with("\"unknown\"").upstream_data.train_shards, std::nullopt);
  EXPECT_EQ(with("12").upstream_data.train_shards, 12);
  EXPECT_THAT(error_of([&] { with("\"many\""); }).what(), HasSubstr("expected an integer or \"unknown\""));
  EXPECT_THAT(error_of([&] { with("0"); }).what(), HasSubstr("must be 1.."));
}

}  // namespace
}  // namespace pgolf
