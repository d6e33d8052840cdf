#include "archive/smallest_fix.h"

#include <gmock/gmock.h>

namespace pgolf {
namespace {

Verdict failed(const std::string& rule, const std::string& file, Json observed, Json limit, const std::string& unit,
               Reading reading = Reading::practice) {
  Verdict v;
  v.rule = rule, v.subject = file, v.observed = std::move(observed), v.limit = std::move(limit), v.unit = unit;
  v.reading = reading, v.status = Status::fail;
  return v;
}

TEST(SmallestFix, SaysWhatTheWorstFileNeeds) {
  const std::vector<Verdict> verdicts = {
      failed("artifact_size", "a.log", 16'000'001, 16'000'000, "bytes"),
      failed("artifact_size", "b.log", 16'023'689, 16'000'000, "bytes"),
      failed("train_time", "a.log", 606'572, 600'000, "ms", Reading::strict),
      failed("artifact_size", "b.log", 16'099'999, 16'000'000, "bytes", Reading::strict)};
  const auto fixes = smallest_fixes(verdicts, "1.1");
  ASSERT_EQ(fixes.size(), 2u);  // one of a rule, in practice first
  EXPECT_EQ(fixes[0].text, "b.log: pack 23,689 bytes less");
  EXPECT_EQ(fixes[0].reading, "practice");
  EXPECT_EQ(fixes[1].text, "a.log: stop training 6.6 s earlier, or reserve as much");
  EXPECT_EQ(fixes[1].reading, "strict");
}

TEST(SmallestFix, GivesTheScoreOnTheTrueBytes) {
  const auto fixes = smallest_fixes(std::vector{failed("byte_count", "", 197'944'567, "a to b", "bytes")}, "1.00000");
  EXPECT_EQ(fixes.at(0).text, "count the bytes of the challenge's text: the claimed 1.00000 is about 1.310 on them");
}

TEST(SmallestFix, APartOfTheTextSaysNothingOfTheRest) {
  const auto fixes = smallest_fixes(std::vector{failed("byte_count", "", 29'950'770, "a to b", "bytes")}, "1.015784");
  EXPECT_EQ(fixes.at(0).text, "count the bytes of the challenge's text, score the whole text and claim what comes out");
}

TEST(SmallestFix, NothingForWhatDoesNotCountOrDoesNotFail) {
  Verdict v = failed("train_time", "", 700'000, 600'000, "ms");
  v.counts = false;
  Verdict unknown = failed("train_time", "", 700'000, 600'000, "ms");
  unknown.status = Status::unknown;
  EXPECT_TRUE(smallest_fixes(std::vector{v, unknown}, "").empty());
}

}  // namespace
}  // namespace pgolf
