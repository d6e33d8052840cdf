#include "reports/archive_pages.h"

#include "tests/reports/page_check.h"

namespace pgolf {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kStranger = kHostile.substr(0, kHostile.find("{{"));

Verdict verdict(const std::string& rule, Reading reading, Status status) {
  Verdict v;
  v.rule = rule, v.title = "title of " + rule, v.reading = reading, v.status = status, v.subject = "train.log";
  v.observed = 16'023'689, v.limit = 16'000'000, v.unit = "bytes", v.reason = kStranger, v.citation = kStranger;
  return v;
}

ArchivedPullView pull(int64_t number) {
  ArchivedFolderView folder{"pr-7/F",          "records/F", kStranger, kStranger, "10min_16mb", "1.0810",
                            "submission.json", {},          {},        {},        {},           {}};
  folder.verdicts = {verdict("artifact_size", Reading::strict, Status::fail),
                     verdict("artifact_size", Reading::practice, Status::pass),
                     verdict("byte_count", Reading::practice, Status::pass)};
  folder.fixes = {"train.log: pack 23,689 bytes less (artifact_size, strict)"};
  return {number, std::string(40, 'a'), "base", "claimed", {folder}};
}

TEST(ArchivePages, ThePageOfAPullRequestIsSelfContained) {
  ArchivedPullView of = pull(7);
  of.folders[0].notes = of.folders[0].looks = of.folders[0].rulings = {kStranger};
  const std::string html = archived_pull_page(of, "pg-2026-05-02");
  expect_self_contained(html);
  EXPECT_THAT(html, AllOf(HasSubstr("pack 23,689 bytes less"), HasSubstr("16,023,689 bytes"),
                          HasSubstr("claims val_bpb 1.0810")));
}

// One script of ours, which the policy names by its hash; nothing of a stranger runs beside it.
TEST(ArchivePages, TheIndexRunsItsOwnScriptAlone) {
  const std::string html = archive_index_page({pull(7), {8, "b", "base", "claimed", {}}}, "pg-2026-05-02");
  EXPECT_EQ(unbalanced(html.substr(0, html.find("<script>")) + html.substr(html.find("</script>") + 9)), "");
  EXPECT_THAT(html, AllOf(HasSubstr("default-src 'none'"), HasSubstr("script-src 'sha256-"),
                          HasSubstr("data-practice=\"pass\""), Not(HasSubstr("<script>alert")), Not(HasSubstr("src=")),
                          Not(HasSubstr("{{"))));
  EXPECT_EQ(html.find("<script>"), html.rfind("<script>"));
  EXPECT_THAT(html, HasSubstr("artifact_size (strict)"));
}

// What a phone loads: 2,059 rows with long titles stay below 900 kB.
TEST(ArchivePages, TheIndexIsLight) {
  std::vector<ArchivedPullView> all(2059, pull(1493));
  for (ArchivedPullView& of : all) of.folders[0].title = std::string(500, 'x'), of.folders[0].author = "author";
  EXPECT_LT(archive_index_page(all, "r").size(), 900'000u);
}

TEST(ArchivePages, ACommentHasTwelveLinesAtMost) {
  ArchivedPullView of = pull(7);
  of.folders.push_back(of.folders[0]);
  of.folders[0].looks.assign(40, kStranger);
  const std::string text = archived_pull_comment(of, "pg-2026-05-02");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 12);
  EXPECT_THAT(text.substr(0, text.find('\n')), AllOf(HasSubstr("**#7: strict fail, practice pass** by pg-2026-05-02"),
                                                     HasSubstr("the author must correct")));
  EXPECT_THAT(text, AllOf(HasSubstr("and 1 further folders"), Not(HasSubstr("<script>"))));
  EXPECT_THAT(archived_pull_comment({8, "", "base", "", {}}, "r"), HasSubstr("#8: unknown"));
}

TEST(ArchivePages, TiersAndCsv) {
  EXPECT_EQ(tier_of(pull(7), false, false), "consistent");
  EXPECT_EQ(tier_of(pull(7), true, false), "audited");
  EXPECT_EQ(tier_of(pull(7), true, true), "rerun");
  EXPECT_EQ(tier_of({8, "", "base", "", {}}, false, false), "claimed");
  ArchivedPullView broken = pull(7);
  broken.folders[0].verdicts[1].status = Status::fail;
  EXPECT_EQ(tier_of(broken, false, false), "claimed");
  EXPECT_THAT(archive_index_csv({pull(7)}), HasSubstr("\n7,records/F,"));
}

}  // namespace
}  // namespace pgolf
