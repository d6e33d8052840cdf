#include "reports/leaderboard_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "judge/outcome.h"
#include "reports/ties.h"

namespace pgolf {
namespace {

constexpr char kRecord[] = "record";

std::string variant_of(const RunView& run) { return fmt::format("{}", fmt::join(run.overrides, ", ")); }

// Why a run is not ranked among the others.
std::string unranked_because(const RunView& run) {
  std::vector<std::string> why = remarks(run);
  if (!run.overrides.empty()) why.push_back("with overrides");
  std::vector<std::string> broken;
  for (const RuleRow& row : run.rules)
    if (row.practice.status == "fail" && row.practice.counts) broken.push_back(row.rule);
  if (!broken.empty()) why.push_back(fmt::format("fails {}", fmt::join(broken, ", ")));
  if (!run.val_bpb) why.push_back("no result");
  return fmt::format("{}", fmt::join(why, ", "));
}

void summarise(LeaderboardRow& row) {
  std::stable_sort(row.runs.begin(), row.runs.end(), [](const RunView* a, const RunView* b) {
    return a->val_bpb.value_or(INFINITY) < b->val_bpb.value_or(INFINITY);
  });
  std::set<std::string> counted;  // a repeated configuration with its seed, or artifact, counts once
  for (const RunView* run : row.runs) {
    if (!run->val_bpb) continue;
    const bool fresh = run->pinned_sha256.empty() || counted.insert(run->pinned_sha256).second;
    if ((run->artifact_sha256.empty() || counted.insert(run->artifact_sha256).second) && fresh)
      row.values.push_back(*run->val_bpb);
  }
  if (row.values.empty()) return;
  const Spread spread = spread_of(row.values);
  row.mean = spread.mean, row.deviation = spread.deviation;
}

bool tied(const LeaderboardRow& a, const LeaderboardRow& b) {
  return tied(Spread{a.values.size(), *a.mean, a.deviation}, Spread{b.values.size(), *b.mean, b.deviation});
}

void rank(std::vector<LeaderboardRow>& rows) {
  size_t first = 0;  // of the group of rows that share a rank
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i > 0 && !tied(rows[first], rows[i])) first = i;
    rows[i].rank = static_cast<int>(first + 1);
  }
}

}  // namespace

std::vector<std::string> remarks(const RunView& run) {
  std::vector<std::string> out;
  if (run.state == "failed" || run.state == "killed" || run.state == "lost") out.push_back(run.state);
  if (!run.imported_at.empty()) out.push_back("imported");
  if (run.unvouched) out.push_back("made before records were sealed");
  if (!run.replay.empty()) out.push_back("replay");
  if (!run.foreign_engine.empty()) out.push_back("by another engine");
  if (!run.weights.empty()) out.push_back("published weights");
  if (!run.clock.empty()) out.push_back("on the published clock");
  if (run.ruleset.ends_with("+edited")) out.push_back("judged by " + run.ruleset);
  for (const RuleRow& row : run.rules) {
    const std::string& status = row.strict.status;
    if (run.profile == kRecord && row.rule == "validation_set" && status == "unknown") out.push_back("on other text");
    if (row.rule == "submission_identity" && !status.empty() && status != "pass")
      out.push_back("not the shipped submission");
  }
  return out;
}

std::string LeaderboardRow::outcome(std::string RunView::*reading) const {
  std::vector<std::string> outcomes;
  for (const RunView* run : runs) outcomes.push_back(run->*reading);
  return worst_outcome(outcomes);
}

std::optional<int64_t> LeaderboardRow::largest(std::optional<int64_t> RunView::*bytes) const {
  std::optional<int64_t> out;
  for (const RunView* run : runs)
    if (run->*bytes) out = std::max(out.value_or(0), *(run->*bytes));
  return out;
}

std::optional<double> LeaderboardRow::longest(std::string_view phase) const {
  std::optional<double> out;
  for (const RunView* run : runs)
    if (const auto ms = run->time_ms(phase)) out = std::max(out.value_or(0), *ms);
  return out;
}

std::vector<LeaderboardProfile> leaderboard_profiles(const std::vector<RunView>& runs) {
  std::vector<LeaderboardProfile> out;
  for (const RunView& run : runs) {
    auto profile =
        std::find_if(out.begin(), out.end(), [&](const LeaderboardProfile& p) { return p.profile == run.profile; });
    if (profile == out.end()) profile = out.insert(out.end(), {run.profile, {}, {}});
    const std::string why = unranked_because(run), variant = variant_of(run);
    auto& rows = why.empty() ? profile->ranked : profile->unranked;
    auto row = std::find_if(rows.begin(), rows.end(), [&](const LeaderboardRow& r) {
      return r.submission == run.submission && r.variant == variant && r.unranked == why;
    });
    if (row == rows.end()) row = rows.insert(rows.end(), {run.submission, run.title, variant, why, 0, {}, {}, {}, {}});
    row->runs.push_back(&run);
  }
  for (LeaderboardProfile& profile : out)
    for (auto* rows : {&profile.ranked, &profile.unranked}) {
      for (LeaderboardRow& row : *rows) summarise(row);
      std::stable_sort(rows->begin(), rows->end(), [](const LeaderboardRow& a, const LeaderboardRow& b) {
        return a.mean.value_or(INFINITY) < b.mean.value_or(INFINITY);
      });
      if (rows == &profile.ranked) rank(*rows);
    }
  std::stable_sort(out.begin(), out.end(), [](const LeaderboardProfile& a, const LeaderboardProfile& b) {
    return (a.profile == kRecord) > (b.profile == kRecord);
  });
  return out;
}

}  // namespace pgolf
