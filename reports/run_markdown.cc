#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/units.h"
#include "reports/escape.h"
#include "reports/page_data.h"
#include "reports/pages.h"

namespace pgolf {
namespace {

std::string rule_lines(const RunView& run) {
  std::string out = "| rule | strict | practice | observed | limit |\n|---|---|---|--:|--:|\n";
  const auto name = [](const RuleCell& cell) { return cell.status.empty() ? std::string("-") : cell.status; };
  for (const auto& row : run.rules) {
    const auto& shown = row.strict.status.empty() ? row.practice : row.strict;
    out += fmt::format("| {} | {} | {} | {} | {} |\n", markdown_text(row.title), name(row.strict), name(row.practice),
                       markdown_text(shown.observed), markdown_text(shown.limit));
  }
  std::string why;
  for (const auto& row : run.rules)
    for (const auto* cell : {&row.strict, &row.practice}) {
      if (cell->status.empty() || cell->status == "pass") continue;
      if (cell == &row.practice && row.strict.reason == cell->reason && row.strict.status == cell->status) continue;
      why += fmt::format("- **{}**, {} ({}): {}{}. *{}*\n", markdown_text(row.rule), cell->status,
                         cell == &row.strict ? "strict" : "practice", markdown_text(cell->reason),
                         cell->evidence.empty() ? "" : " [" + markdown_text(cell->evidence) + "]",
                         markdown_text(cell->citation));
    }
  return why.empty() ? out : out + "\n" + why;
}

}  // namespace

std::string run_markdown(const RunView& run) {
  std::string out = fmt::format("# {}\n\n", markdown_text(run.title));
  out += fmt::format("{}{}, run {}, profile {}, seed {}, {}\n", markdown_text(run.submission),
                     run.pr > 0 ? fmt::format(" (#{})", run.pr) : "", markdown_code(run.run_id),
                     markdown_text(run.profile), run.seed, run.state);
  if (!run.failure.empty()) out += fmt::format("\n**The run did not reach its end.** {}\n", markdown_text(run.failure));
  if (!run.replay.empty()) out += fmt::format("\n**A replay.** {}\n", markdown_text(run.replay));
  if (!run.clock.empty()) out += fmt::format("\n**Clock.** {}\n", markdown_text(run.clock));
  if (!run.foreign_engine.empty())
    out += fmt::format("\n> **Computed by another engine**: {}.\n", markdown_text(run.foreign_engine));
  if (!run.imported_at.empty())
    out +=
        fmt::format("\n> Imported from a bundle ({}): times and isolation are the word of the machine that ran it.\n",
                    markdown_code(run.bundle_sha256));
  if (!run.as_run)
    out += fmt::format(
        "\n> Not the submission as it ran{}: these figures say nothing about its place on the leaderboard.\n",
        run.overrides.empty() ? "" : ", with " + markdown_text(fmt::format("{}", fmt::join(run.overrides, ", "))));
  out += fmt::format(
      "\n| val_bpb | val_loss | total bytes | strict | practice | tier |\n|--:|--:|--:|---|---|---|\n| {} | {} | {} | "
      "{} | {} | {} |\n",
      or_dash(run.val_bpb, 4), or_dash(run.val_loss, 4), run.total_bytes ? with_commas(*run.total_bytes) : "-",
      run.strict.empty() ? "-" : run.strict, run.practice.empty() ? "-" : run.practice,
      run.tier.empty() ? "-" : run.tier);
  if (!run.to_do.empty()) out += fmt::format("\nTo do: {}.\n", markdown_text(run.to_do));
  if (!run.rules.empty())
    out += fmt::format("\n## Verdicts\n\nRuleset {} (SHA-256 {}), as of {}.\n\n{}", markdown_text(run.ruleset),
                       markdown_text(run.ruleset_sha256), run.as_of, rule_lines(run));
  if (!run.claims.empty()) {
    out += "\n## Claim beside result\n\n| quantity | claimed | by | this run | difference |\n|---|--:|---|--:|--:|\n";
    for (const auto& row : run.claims)
      out += fmt::format("| {} | {} | {} | {} | {} |\n", markdown_text(row.what), markdown_text(row.claimed),
                         markdown_text(row.source), markdown_text(row.result), markdown_text(row.difference));
    out +=
        fmt::format("\n**Reproduction of the claim: {}.** {}\n", run.reproduced, markdown_text(run.reproduced_reason));
  }
  if (!run.phases.empty()) {
    out +=
        "\n## Time\n\n| phase | end | whole process | its limit | counted | the rule's limit | isolation |\n"
        "|---|---|--:|--:|--:|--:|---|\n";
    const auto ms = [](const std::optional<double>& v) { return v ? display_value(*v, "ms") : "-"; };
    for (const auto& p : run.phases)
      out += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n",
                         markdown_text(p.attempt > 1 ? fmt::format("{}, attempt {}", p.name, p.attempt) : p.name),
                         markdown_text(p.outcome + (p.passes.empty() ? "" : "; " + p.passes) +
                                       (p.attempts.empty() ? "" : "; tried: " + p.attempts)),
                         ms(p.wall_ms), p.process_limit_ms ? duration_text(*p.process_limit_ms) : "-", ms(p.counted_ms),
                         ms(p.rule_limit_ms), markdown_text(p.sandbox));
  }
  if (!run.bytes.empty()) {
    out += "\n## Bytes\n\n| class | bytes |\n|---|--:|\n";
    for (const auto& row : run.bytes)
      out += fmt::format("| {} | {} |\n", markdown_text(row.name), with_commas(row.bytes));
  }
  out += fmt::format("\n## Run it again\n\n{}\n\nPinned configuration {}\n", markdown_code(command_line(run.command)),
                     markdown_code(run.pinned_sha256));
  return out;
}

}  // namespace pgolf
