#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/names.h"
#include "base/units.h"
#include "reports/escape.h"
#include "reports/leaderboard_rows.h"
#include "reports/page_data.h"
#include "reports/pages.h"
#include "templates.h"

namespace pgolf {
namespace {

constexpr char kRecord[] = "record";

std::string claimed_bpb(const RunView& run) {
  return run.claims.empty() || !run.claims.front().what.starts_with("val_bpb") ? "-" : run.claims.front().claimed;
}

std::string time_text(const LeaderboardRow& row, std::string_view phase) {
  const auto ms = row.longest(phase);
  return ms ? duration_text(*ms) : "-";
}

std::string bytes_text(const LeaderboardRow& row) {
  const auto bytes = row.largest(&RunView::total_bytes);
  return bytes ? with_commas(*bytes) : "-";
}

std::string state_text(const RunView& run) {
  return run.state + (run.ruleset.empty() ? "" : ", judged by " + run.ruleset) +
         (run.tier.empty() ? "" : ", " + run.tier);
}

std::string rank_text(const LeaderboardRow& row) { return row.rank > 0 ? std::to_string(row.rank) : "-"; }

// One row per submission and variant, a dot per run.
std::string spread_of(const LeaderboardProfile& profile) {
  std::vector<SpreadRow> rows;
  for (const auto* group : {&profile.ranked, &profile.unranked})
    for (const LeaderboardRow& row : *group)
      if (row.mean) rows.push_back({row.name() + (row.rank > 0 ? "" : " *"), row.values, row.mean, {}, {}});
  return rows.size() < 2 ? "" : spread_chart(rows, "validation, bits per byte (* without a rank)");
}

PageData row_data(const LeaderboardRow& row, bool record) {
  auto out = object({{"rank", rank_text(row)},
                     {"submission", row.submission},
                     {"title", row.title},
                     {"variant", row.variant},
                     {"unranked", row.unranked},
                     {"val_bpb", or_dash(row.mean, 4)},
                     {"n", std::to_string(row.values.size())},
                     {"deviation", or_dash(row.deviation, 4)},
                     {"claimed", claimed_bpb(*row.runs.front())},
                     {"bytes", bytes_text(row)},
                     {"train", time_text(row, kTrainPhase)},
                     {"eval", time_text(row, kEvalPhase)},
                     {"strict", row.outcome(&RunView::strict)},
                     {"practice", row.outcome(&RunView::practice)}});
  out.set("as_run", PageData(record));
  out.set("runs", list_data(row.runs, [](const RunView* run) {
            return object({{"run_id", run->run_id},
                           {"href", page_name(run->run_id) + ".html"},
                           {"seed", std::to_string(run->seed)},
                           {"state", state_text(*run)}});
          }));
  return out;
}

std::vector<LeaderboardRow> all_rows(const LeaderboardProfile& profile) {
  std::vector<LeaderboardRow> out = profile.ranked;
  out.insert(out.end(), profile.unranked.begin(), profile.unranked.end());
  return out;
}

}  // namespace

std::string leaderboard_page(const std::vector<RunView>& runs) {
  auto data = object({{"count", std::to_string(runs.size())}});
  data.set("any", PageData(!runs.empty()));
  data.set("profiles", list_data(leaderboard_profiles(runs), [](const LeaderboardProfile& profile) {
             const std::string chart = spread_of(profile);
             auto out = object({{"profile", profile.profile}, {"chart", chart}});
             const bool record = profile.profile == kRecord;
             out.set("has_chart", PageData(!chart.empty()));
             out.set("as_run", PageData(record));
             out.set("scaled", PageData(!record));
             out.set("rows",
                     list_data(all_rows(profile), [&](const LeaderboardRow& row) { return row_data(row, record); }));
             return out;
           }));
  return whole_page("pgolf leaderboard", render(templates::kLeaderboard, data),
                    "Drawn by pgolf from its record. Bytes decimal.");
}

std::string leaderboard_markdown(const std::vector<RunView>& runs) {
  std::string out = "# Leaderboard\n";
  if (runs.empty()) out += "\nThere are no runs yet.\n";
  for (const auto& profile : leaderboard_profiles(runs)) {
    out += fmt::format("\n## Profile {}\n\n", markdown_text(profile.profile));
    if (profile.profile != kRecord)
      out += "A scaling of the submissions, not comparable with the public leaderboard.\n\n";
    out +=
        "| # | submission | mean val_bpb | n | deviation | bytes | training | evaluation | strict | practice | runs "
        "|\n";
    out += "|--:|---|--:|--:|--:|--:|--:|--:|---|---|---|\n";
    for (const LeaderboardRow& row : all_rows(profile)) {
      std::vector<std::string> named;
      for (const RunView* run : row.runs)
        named.push_back(
            fmt::format("{} (seed {}{})", run->run_id, run->seed, run->tier.empty() ? "" : ", " + run->tier));
      const std::string strict = row.outcome(&RunView::strict), practice = row.outcome(&RunView::practice);
      out +=
          fmt::format("| {} | {}{} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", rank_text(row),
                      markdown_text(row.name()), row.unranked.empty() ? "" : " (" + markdown_text(row.unranked) + ")",
                      or_dash(row.mean, 4), row.values.size(), or_dash(row.deviation, 4), bytes_text(row),
                      time_text(row, kTrainPhase), time_text(row, kEvalPhase), strict.empty() ? "-" : strict,
                      practice.empty() ? "-" : practice, markdown_text(fmt::format("{}", fmt::join(named, ", "))));
    }
  }
  return out;
}

std::string leaderboard_csv(const std::vector<RunView>& runs) {
  std::string out =
      csv_line({"run_id",   "submission", "pr",          "profile",    "overrides",   "seed",       "state",
                "val_loss", "val_bpb",    "model_bytes", "code_bytes", "total_bytes", "train_ms",   "eval_ms",
                "strict",   "practice",   "tier",        "ruleset",    "created_at",  "imported_at"});
  const auto whole = [](const std::optional<int64_t>& v) { return v ? std::to_string(*v) : ""; };
  const auto real = [](const std::optional<double>& v) { return v ? fmt::format("{}", *v) : ""; };
  for (const auto& run : runs) {
    out += csv_line({run.run_id,
                     run.submission,
                     std::to_string(run.pr),
                     run.profile,
                     fmt::format("{}", fmt::join(run.overrides, " ")),
                     std::to_string(run.seed),
                     run.state,
                     real(run.val_loss),
                     real(run.val_bpb),
                     whole(run.model_bytes),
                     whole(run.code_bytes),
                     whole(run.total_bytes),
                     real(run.time_ms(kTrainPhase)),
                     real(run.time_ms(kEvalPhase)),
                     run.strict,
                     run.practice,
                     run.tier,
                     run.ruleset,
                     run.created_at,
                     run.imported_at});
  }
  return out;
}

}  // namespace pgolf
