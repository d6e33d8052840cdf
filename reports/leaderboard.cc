#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/units.h"
#include "reports/escape.h"
#include "reports/page_data.h"
#include "reports/pages.h"
#include "templates.h"

namespace pgolf {
namespace {

constexpr char kRecord[] = "record";

// Runs of one profile, best first, those without a result last.
struct ProfileRuns {
  std::string profile;
  std::vector<const RunView*> runs;
};

std::vector<ProfileRuns> by_profile(const std::vector<RunView>& runs) {
  std::vector<ProfileRuns> out;
  for (const auto& run : runs) {
    auto it = std::find_if(out.begin(), out.end(), [&](const ProfileRuns& p) { return p.profile == run.profile; });
    if (it == out.end()) it = out.insert(out.end(), {run.profile, {}});
    it->runs.push_back(&run);
  }
  for (auto& profile : out)
    std::stable_sort(profile.runs.begin(), profile.runs.end(), [](const RunView* a, const RunView* b) {
      return a->val_bpb.value_or(INFINITY) < b->val_bpb.value_or(INFINITY);
    });
  std::stable_sort(out.begin(), out.end(), [](const ProfileRuns& a, const ProfileRuns& b) {
    return (a.profile == kRecord) > (b.profile == kRecord);
  });
  return out;
}

std::string variant(const RunView& run) { return fmt::format("{}", fmt::join(run.overrides, ", ")); }

std::string phase_text(const RunView& run, std::string_view name) {
  std::string out = "-";
  for (const auto& phase : run.phases)
    if (phase.name == name && (phase.counted_ms || phase.wall_ms))
      out = duration_text(phase.counted_ms ? *phase.counted_ms : *phase.wall_ms);
  return out;
}

std::string claimed_bpb(const RunView& run) {
  return run.claims.empty() || !run.claims.front().what.starts_with("val_bpb") ? "-" : run.claims.front().claimed;
}

// What a reader of the table has to know of a run before its figures.
std::vector<std::string> remarks(const RunView& run) {
  std::vector<std::string> out;
  if (!run.imported_at.empty()) out.push_back("imported");
  if (run.unvouched) out.push_back("made before records were sealed");
  if (!run.foreign_engine.empty()) out.push_back("by another engine");
  if (!run.clock.empty()) out.push_back("on the published clock");
  if (!run.ruleset.empty()) out.push_back("judged by " + run.ruleset);
  for (const RuleRow& row : run.rules)
    if (run.profile == kRecord && row.rule == "validation_set" && row.strict.status == "unknown")
      out.push_back("on other text");
  return out;
}

// Whether a run has a place among the others: it ended well, here, by pgolf's own engine, and broke no rule that
// counts.
bool is_ranked(const RunView& run) {
  const bool ended_badly = run.state == "failed" || run.state == "killed" || run.state == "lost";
  return run.val_bpb && !ended_badly && run.imported_at.empty() && run.foreign_engine.empty() && !run.unvouched &&
         run.practice != "fail";
}

// One row per submission and variant, a dot per run.
std::string spread_of(const ProfileRuns& profile) {
  std::vector<SpreadRow> rows;
  for (const auto* run : profile.runs) {
    if (!run->val_bpb) continue;
    const std::string name = run->submission + (run->overrides.empty() ? "" : " *");
    auto row = std::find_if(rows.begin(), rows.end(), [&](const SpreadRow& r) { return r.name == name; });
    if (row == rows.end()) row = rows.insert(rows.end(), {name, {}, {}, {}, {}});
    row->values.push_back(*run->val_bpb);
  }
  if (rows.size() < 2) return {};
  for (auto& row : rows) {
    double sum = 0;
    for (const double v : row.values) sum += v;
    row.mean = sum / static_cast<double>(row.values.size());
  }
  return spread_chart(rows, "validation, bits per byte (* with overrides)");
}

}  // namespace

std::string leaderboard_page(const std::vector<RunView>& runs) {
  auto data = object({{"count", std::to_string(runs.size())}});
  data.set("any", PageData(!runs.empty()));
  data.set("profiles", list_data(by_profile(runs), [](const ProfileRuns& profile) {
             auto out = object({{"profile", profile.profile}, {"chart", spread_of(profile)}});
             const bool record = profile.profile == kRecord;
             out.set("has_chart", PageData(!spread_of(profile).empty()));
             out.set("as_run", PageData(record));
             out.set("scaled", PageData(!record));
             int rank = 0;
             out.set("rows", list_data(profile.runs, [&](const RunView* run) {
                       std::vector<std::string> state = remarks(*run);
                       state.insert(state.begin(), run->state);
                       auto row = object({{"rank", is_ranked(*run) ? std::to_string(++rank) : "-"},
                                          {"submission", run->submission},
                                          {"title", run->title},
                                          {"variant", variant(*run)},
                                          {"val_bpb", or_dash(run->val_bpb, 4)},
                                          {"claimed", claimed_bpb(*run)},
                                          {"bytes", run->total_bytes ? with_commas(*run->total_bytes) : "-"},
                                          {"train", phase_text(*run, "train")},
                                          {"eval", phase_text(*run, "eval")},
                                          {"strict", run->strict},
                                          {"practice", run->practice},
                                          {"run_id", run->run_id},
                                          {"href", page_name(run->run_id) + ".html"},
                                          {"seed", std::to_string(run->seed)},
                                          {"state", fmt::format("{}", fmt::join(state, ", "))}});
                       row.set("as_run", PageData(record));
                       return row;
                     }));
             return out;
           }));
  return whole_page("pgolf leaderboard", render(templates::kLeaderboard, data),
                    "Drawn by pgolf from its record. Bytes decimal.");
}

std::string leaderboard_markdown(const std::vector<RunView>& runs) {
  std::string out = "# Leaderboard\n";
  if (runs.empty()) out += "\nThere are no runs yet.\n";
  for (const auto& profile : by_profile(runs)) {
    out += fmt::format("\n## Profile {}\n\n", markdown_text(profile.profile));
    if (profile.profile != kRecord)
      out += "A scaling of the submissions, not comparable with the public leaderboard.\n\n";
    out += "| # | submission | val_bpb | bytes | training | evaluation | strict | practice | run | seed |\n";
    out += "|--:|---|--:|--:|--:|--:|---|---|---|--:|\n";
    int rank = 0;
    for (const auto* run : profile.runs) {
      const std::string said = fmt::format("{}", fmt::join(remarks(*run), ", "));
      out += fmt::format("| {} | {}{} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
                         is_ranked(*run) ? std::to_string(++rank) : "-", markdown_text(run->submission),
                         run->overrides.empty() ? "" : " with " + markdown_text(variant(*run)),
                         or_dash(run->val_bpb, 4), run->total_bytes ? with_commas(*run->total_bytes) : "-",
                         phase_text(*run, "train"), phase_text(*run, "eval"), run->strict.empty() ? "-" : run->strict,
                         run->practice.empty() ? "-" : run->practice,
                         markdown_text(run->run_id + (said.empty() ? "" : " (" + said + ")")), run->seed);
    }
  }
  return out;
}

std::string leaderboard_csv(const std::vector<RunView>& runs) {
  std::string out = csv_line({"run_id", "submission", "pr", "profile", "overrides", "seed", "state", "val_loss",
                              "val_bpb", "model_bytes", "code_bytes", "total_bytes", "train_ms", "eval_ms", "strict",
                              "practice", "ruleset", "created_at", "imported_at"});
  const auto whole = [](const std::optional<int64_t>& v) { return v ? std::to_string(*v) : ""; };
  const auto real = [](const std::optional<double>& v) { return v ? fmt::format("{}", *v) : ""; };
  for (const auto& run : runs) {
    const auto phase = [&](std::string_view name) {
      std::optional<double> ms;
      for (const auto& p : run.phases)
        if (p.name == name) ms = p.counted_ms ? p.counted_ms : p.wall_ms;
      return real(ms);
    };
    out += csv_line({run.run_id, run.submission, std::to_string(run.pr), run.profile,
                     fmt::format("{}", fmt::join(run.overrides, " ")), std::to_string(run.seed), run.state,
                     real(run.val_loss), real(run.val_bpb), whole(run.model_bytes), whole(run.code_bytes),
                     whole(run.total_bytes), phase("train"), phase("eval"), run.strict, run.practice, run.ruleset,
                     run.created_at, run.imported_at});
  }
  return out;
}

}  // namespace pgolf
