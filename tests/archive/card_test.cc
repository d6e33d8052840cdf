#include "archive/card.h"

#include <gmock/gmock.h>

#include "tests/judge/claims/printed.h"

namespace pgolf {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;

std::vector<std::string> seen(std::string_view text) { return shown(card_values(text)); }

// Digits are part of a claim: 3.5e-07 and 1.0 are kept as they stand, as no float would.
TEST(Card, KeepsDigitsKeysAndLines) {
  EXPECT_THAT(
      seen("{\n  \"val_bpb\": 1.10,\n\"mean_val_loss\": 3.5e-07,\n \"artifact_bytes\": 15900000,\n\n\"gap\": 1.0}"),
      ElementsAre("2:val_bpb val_bpb '1.10'", "3:val_loss mean_val_loss '3.5e-07'",
                  "4:total_bytes artifact_bytes '15900000'", "6:card gap '1.0'"));
}

TEST(Card, TakesSeedsFromListsAndTables) {
  EXPECT_THAT(seen(R"({"seeds": [42, 1337]})"), ElementsAre("1:seed seeds.0 '42'", "1:seed seeds.1 '1337'"));
  EXPECT_THAT(seen(R"({"seed_results": {"42": {"val_bpb": 1.08, "steps": 4}}})"),
              ElementsAre("1:seed seed_results '42'", "1:seed_val_bpb seed_results.42.val_bpb '1.08'",
                          "1:card seed_results.42.steps '4'"));
  EXPECT_THAT(seen(R"({"seed_results": [{"seed": 7, "artifact_bytes": 5}]})"),
              ElementsAre("1:seed seed_results.0.seed '7'", "1:seed_total_bytes seed_results.0.artifact_bytes '5'"));
}

TEST(Card, TextNullAndNestedSizesAreNoStop) {
  EXPECT_THAT(
      seen(R"({"val_bpb": "TBD", "bytes_total": null, "artifact_bytes": {"a": 1}})"),
      ElementsAre("1:val_bpb val_bpb 'TBD'", "1:total_bytes bytes_total 'null'", "1:card artifact_bytes.a '1'"));
}

TEST(Card, BrokenFilesGiveWhatStandsBefore) {
  EXPECT_THAT(seen("\xEF\xBB\xBF{\"val_bpb\": 1.1}"),
              ElementsAre("1:bom  'a byte order mark'", "1:val_bpb val_bpb '1.1'"));
  const auto cut = card_values("{\n\"val_bpb\": 1.1,\n\"x\": ");
  ASSERT_EQ(cut.size(), 2u);
  EXPECT_EQ(cut[1].key, "broken");
  EXPECT_EQ(cut[1].line, 3);
  EXPECT_EQ(card_values("json{}").at(0).key, "broken");
  EXPECT_EQ(card_values("").at(0).key, "broken");
  EXPECT_EQ(card_values(std::string(100'000, '[')).at(0).text, "nested too deeply");
}

TEST(Card, ManyAndLongValuesAreBounded) {
  std::string many = "[1";
  for (int i = 0; i < 10'000; ++i) many += ",1";
  EXPECT_LE(card_values(many + "]").size(), 4001u);
  EXPECT_EQ(card_values("{\"name\": \"" + std::string(5000, 'x') + "\"}").at(0).text.size(), 200u);
}

}  // namespace
}  // namespace pgolf
