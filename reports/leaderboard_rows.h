// Rows of the leaderboard: runs of one submission or variant together, what may be ranked apart from what may not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/run_view.h"

namespace pgolf {

struct LeaderboardRow {
  std::string submission, title, variant;  // variant: its overrides, "" for the submission itself
  std::string unranked;                    // why it has no rank: "imported", "fails artifact_size"; "" if it has one
  int rank = 0;                            // from 1; equal for rows that the runs do not tell apart
  std::vector<const RunView*> runs;        // those with a result first, best first
  std::vector<double> values;              // bits per byte of those with a result
  std::optional<double> mean, deviation;   // deviation: of the sample, from two values

  std::string name() const { return variant.empty() ? submission : submission + " with " + variant; }
  std::string outcome(std::string RunView::*reading) const;  // the worst of its runs
  std::optional<int64_t> largest(std::optional<int64_t> RunView::*bytes) const;
  std::optional<double> longest(std::string_view phase) const;  // ms, as the phase counts
};

struct LeaderboardProfile {
  std::string profile;
  std::vector<LeaderboardRow> ranked, unranked;  // by mean
};

// `record` first. Runs without a result stand with the unranked.
std::vector<LeaderboardProfile> leaderboard_profiles(const std::vector<RunView>& runs);

// What a reader has to know of a run before its figures, and why it is not ranked; empty for a run that may be.
std::vector<std::string> remarks(const RunView& run);

}  // namespace pgolf
