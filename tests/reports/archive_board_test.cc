#include "reports/archive_board.h"

#include <gmock/gmock.h>

#include "tests/reports/page_check.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

ArchivedPullView pull(int64_t number, std::vector<double> scores, const std::string& added) {
  ArchivedFolderView folder;
  folder.title = "N" + std::to_string(number), folder.track = "10min_16mb", folder.added = added;
  folder.scores = std::move(scores);
  return {number, "h", "base", "consistent", {folder}};
}

TEST(ArchiveBoard, SeedsThatOverlapShareARank) {
  const std::vector<ArchivedPullView> pulls{
      pull(1, {1.0810, 1.0812, 1.0811}, "2026-04-01"), pull(2, {1.0600, 1.0602, 1.0604}, "2026-04-20"),
      pull(3, {1.0601, 1.0603, 1.0605}, "2026-04-25"), pull(4, {1.2}, "2026-03-20")};
  const ArchiveBoard all = archive_board(pulls, {});
  std::vector<std::pair<int64_t, int>> ranks;
  for (const BoardRow& row : all.rows) ranks.emplace_back(row.pull, row.rank);
  EXPECT_THAT(ranks, ElementsAre(Pair(2, 1), Pair(3, 1), Pair(1, 3), Pair(4, 4)));
  EXPECT_NEAR(*all.rows[2].score.deviation, 1e-4, 1e-9);
  const ArchiveBoard before = archive_board(pulls, {Reading::practice, "10min_16mb", "2026-04-10"});
  ASSERT_EQ(before.rows.size(), 2u);
  EXPECT_EQ(before.rows[0].pull, 1);
  const std::string html = archive_board_page(all, {}, "pg-2026-05-02");
  expect_self_contained(html);
  EXPECT_THAT(html, HasSubstr("1.06020 +- 0.00020 (3)"));
}

TEST(ArchiveBoard, WhatFailsOrWasRuledAgainstIsLeftOut) {
  std::vector<ArchivedPullView> pulls;
  for (int64_t number = 1; number <= 6; ++number) pulls.push_back(pull(number, {1.0 + 0.01 * number}, "2026-04-01"));
  Verdict broken;
  broken.rule = "artifact_size", broken.reading = Reading::practice, broken.status = Status::fail;
  pulls[0].folders[0].verdicts = {broken};
  pulls[1].folders[0].ruled_out = true;
  pulls[2].folders[0].of_another = true;
  pulls[3].folders[0].scores = {}, pulls[3].folders[0].val_bpb = "TBD";
  pulls[5].folders[0].to_look_at = true;
  const ArchiveBoard board = archive_board(pulls, {});
  ASSERT_EQ(board.rows.size(), 1u);
  EXPECT_EQ(board.rows[0].pull, 5);
  EXPECT_THAT(board.left_out, ElementsAre(Pair("a line of a ruled matter is to be looked at", 1),
                                          Pair("fails a rule", 1), Pair("no score", 1), Pair("ruled against", 1),
                                          Pair("the folder is of another pull request", 1)));
  BoardRequest with_looks;
  with_looks.with_looks = true;
  EXPECT_EQ(archive_board(pulls, with_looks).rows.size(), 2u);
  EXPECT_EQ(archive_board_json(board, {}, "r")["rows"][0]["pull"], 5);
}

}  // namespace
}  // namespace pgolf
