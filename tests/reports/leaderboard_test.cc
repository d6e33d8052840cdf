// Which runs share a row of the leaderboard, and which rows have a rank.
#include <gmock/gmock.h>

#include "reports/leaderboard_rows.h"

namespace pgolf {
namespace {

using ::testing::ElementsAre;

RunView run(const std::string& submission, double val_bpb, std::vector<std::string> overrides = {}) {
  static int next = 0;
  RunView out;
  out.run_id = "run-" + std::to_string(next++), out.submission = submission, out.profile = "demo", out.state = "done";
  out.val_bpb = val_bpb, out.overrides = std::move(overrides), out.strict = "unknown", out.practice = "pass";
  return out;
}

void add_rule(RunView& view, const std::string& rule, const std::string& status) {
  view.rules.push_back({rule, "", {status, "", "", "", "", "", true}, {status, "", "", "", "", "", true}});
}

std::vector<LeaderboardRow> ranked(const std::vector<RunView>& runs) { return leaderboard_profiles(runs)[0].ranked; }
std::vector<LeaderboardRow> unranked(const std::vector<RunView>& runs) {
  return leaderboard_profiles(runs)[0].unranked;
}

TEST(Leaderboard, SeedsOfASubmissionAreOneRow) {
  const std::vector<RunView> runs{run("a", 1.10), run("b", 1.05), run("a", 1.12), run("a", 1.14)};
  const auto rows = ranked(runs);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].submission, "b");
  EXPECT_EQ(rows[1].submission, "a");
  EXPECT_NEAR(*rows[1].mean, 1.12, 1e-12);
  EXPECT_NEAR(*rows[1].deviation, 0.02, 1e-12);
  EXPECT_THAT(rows[1].values, ElementsAre(1.10, 1.12, 1.14));
  EXPECT_FALSE(rows[0].deviation);
}

// A repetition shows no spread: one configuration with one seed, or one artifact.
TEST(Leaderboard, WhatIsNotIndependentCountsOnce) {
  std::vector<RunView> runs{run("a", 1.10), run("a", 1.10), run("a", 1.12), run("a", 1.14), run("a", 1.15)};
  runs[0].pinned_sha256 = runs[1].pinned_sha256 = "seed 1";
  runs[2].artifact_sha256 = runs[3].artifact_sha256 = "equal";
  const auto rows = ranked(runs);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].runs.size(), 5u);
  EXPECT_THAT(rows[0].values, ElementsAre(1.10, 1.12, 1.15));
}

TEST(Leaderboard, DifferentVariantsAreDifferentRows) {
  const std::vector<RunView> runs{run("a", 1.10, {"model.xsa_layers=0"}), run("a", 1.11, {"model.smear=\"none\""}),
                                  run("a", 1.12)};
  EXPECT_EQ(ranked(runs).size(), 1u);
  ASSERT_EQ(unranked(runs).size(), 2u);
  EXPECT_EQ(unranked(runs)[0].name(), "a with model.xsa_layers=0");
  EXPECT_EQ(unranked(runs)[0].unranked, "with overrides");
}

TEST(Leaderboard, WhatFailsOrWasNotMeasuredHereHasNoRank) {
  std::vector<RunView> runs{run("fails", 1.0), run("imported", 1.0), run("replay", 1.0),
                            run("other", 1.0), run("forged", 1.0),   run("sound", 1.3)};
  add_rule(runs[0], "normalised", "fail");
  runs[1].imported_at = "2026-05-02";
  runs[2].replay = "equal";
  runs[3].foreign_engine = "another";
  add_rule(runs[4], "submission_identity", "unknown");
  add_rule(runs[5], "submission_identity", "pass");
  runs.push_back(run("nothing", 1.0));
  runs.back().val_bpb.reset();
  runs.push_back(run("broke off", 1.0));
  runs.back().state = "failed";
  runs.push_back(run("unsealed", 1.0));
  runs.back().unvouched = true;
  ASSERT_EQ(ranked(runs).size(), 1u);
  EXPECT_EQ(ranked(runs)[0].submission, "sound");
  EXPECT_EQ(ranked(runs)[0].rank, 1);
  std::vector<std::string> why;
  for (const auto& row : unranked(runs)) why.push_back(row.unranked);
  EXPECT_THAT(why, ElementsAre("fails normalised", "imported", "replay", "by another engine",
                               "not the shipped submission", "failed", "made before records were sealed", "no result"));
}

TEST(Leaderboard, RowsThatTheRunsDoNotTellApartShareARank) {
  const std::vector<RunView> runs{run("a", 1.10), run("a", 1.12), run("b", 1.105), run("b", 1.125),
                                  run("c", 1.30), run("c", 1.31), run("d", 1.40),  run("e", 1.40001)};
  std::vector<int> ranks;
  for (const auto& row : ranked(runs)) ranks.push_back(row.rank);
  EXPECT_THAT(ranks, ElementsAre(1, 1, 3, 4, 4));
}

}  // namespace
}  // namespace pgolf
