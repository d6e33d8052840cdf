#include <algorithm>
#include <chrono>
#include <set>

#include "archive/agreement.h"
#include "archive/corrections.h"
#include "archive/lineage.h"
#include "archive/rulings.h"
#include "archive/smallest_fix.h"
#include "base/error.h"
#include "base/new_directory.h"
#include "harness/commands/archive.h"
#include "harness/judging/judging.h"
#include "harness/run/run_weights.h"
#include "judge/claims/own_runs.h"
#include "reports/archive_board.h"
#include "resolve/submission.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

std::string day_of(int64_t seconds) {
  const auto days = std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
  const std::chrono::year_month_day day(days);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

ArchivedFolderView view_of(const PublishedFolder& folder, const RuledCode& ruled, const std::vector<Ruling>& rulings,
                           const Lineage& lineage, const Ruleset& ruleset, const std::string& date) {
  const Publication& p = folder.publication;
  const Submission& s = p.submission;
  ArchivedFolderView out{s.id,    shown_name(folder.path), s.title,           s.author,
                         s.track, s.headline.val_bpb,      s.headline.source, p.findings};
  if (folder.owner != folder.pull) out.notes.push_back(fmt::format("the folder is #{}'s", folder.owner));
  if (const auto descent = lineage.of(folder)) out.descent = descent->sentences(), out.parent = descent->parent;
  out.verdicts = judge_publication(s, p.logs, ruleset);
  for (const RulingFinding& r : ruled.find(folder)) {
    out.rulings.push_back(r.text());
    out.ruled_out |= is_against(*r.ruling) && (date.empty() || r.ruling->date <= date);
  }
  for (const Fix& f : smallest_fixes(out.verdicts, s.headline.val_bpb))
    out.fixes.push_back(fmt::format("{} ({}, {})", f.text, f.rule, f.reading));
  for (const ScriptHint& h : p.hints)
    out.looks.push_back(fmt::format("{}:{}: {}: {}", h.file, h.line, h.what, shown_name(h.text)));
  for (const Ruling& ruling : rulings)
    out.to_look_at |=
        is_against(ruling) && (date.empty() || ruling.date <= date) &&
        std::any_of(p.hints.begin(), p.hints.end(), [&](const ScriptHint& hint) { return hint.what == ruling.look; });
  out.of_another = folder.owner != folder.pull;
  if (folder.added_at) out.added = day_of(*folder.added_at);
  const auto repeated = repeated_logs(s, p.logs, ruleset);
  for (const Claim& claim : rules::own_runs(s).submission.claims)
    for (const ClaimedEval& eval : claim.evals)
      if (is_log(claim.source) && std::find(repeated.begin(), repeated.end(), claim.source) == repeated.end() &&
          eval.name == s.headline.eval && is_printed_number(eval.val_bpb))
        out.scores.push_back(std::strtod(eval.val_bpb.c_str(), nullptr));
  return out;
}

// A corrected score stands in the place of what the files say.
void apply(const std::vector<Correction>& corrections, int64_t pull, ArchivedFolderView& folder) {
  for (const Correction& c : corrections) {
    if (c.pull != pull) continue;
    folder.notes.push_back(c.text());
    if (c.field == "val_bpb") folder.val_bpb = c.is, folder.scores.clear();
    if (c.field == "title") folder.title = c.is;
    if (c.field == "author") folder.author = c.is;
    if (c.field == "track") folder.track = c.is;
  }
}

// Pull requests of which a run as it was is on record.
std::set<int64_t> reruns(const Store& store) {
  std::set<int64_t> out;
  for (const RunSummary& run : store.list_runs())
    if (run.as_run && run.state == RunState::done && !run.withdrawn &&
        !store.load_run(run.id).environment.contains(kWeightsFact))
      out.insert(run.pr);
  return out;
}

}  // namespace

std::vector<ArchivedPullView> archived_views(const Globals& globals, const Ruleset& ruleset, const std::string& date) {
  const Store store = filled_archive(look_at_record(globals));
  const ArchiveTables tables(store);
  const std::vector<Ruling> rulings = rulings_of(globals);
  const RuledCode ruled(tables, rulings);
  const Lineage lineage(tables);
  const auto corrections = read_corrections(globals.workspace().home / kCorrectionsFile);
  const std::set<int64_t> rerun = reruns(store);
  std::vector<ArchivedPullView> out;
  for (const ArchiveSource& source : tables.sources())
    for (const ArchiveHead& head : tables.heads(source.id)) {
      if (source.kind != "git") continue;
      ArchivedPullView view{head.pull, head.head, head.relation, "", {}};
      for (const PublishedFolder& folder : published_folders(tables, head.pull))
        apply(corrections, head.pull,
              view.folders.emplace_back(view_of(folder, ruled, rulings, lineage, ruleset, date)));
      const bool audited = fs::exists(globals.submissions / fmt::format("pr-{}", head.pull) / "submission.toml");
      view.tier = tier_of(view, audited, rerun.contains(head.pull));
      out.push_back(std::move(view));
    }
  return out;
}

namespace {

// What this verb writes, and may replace: "1493.html", "1493.md", "index.*".
bool is_page_name(const std::string& name) {
  const auto point = std::min(name.find('.'), name.size());
  return name.starts_with("index.") || name == "board.html" ||
         (name.find_first_not_of("0123456789") == point &&
          (name.substr(point) == ".html" || name.substr(point) == ".md"));
}

int report(const Globals& globals, const std::string& rules, fs::path out) {
  const Ruleset ruleset = ruleset_to_show_by(globals, rules);
  const auto all = archived_views(globals, ruleset, "");
  if (all.empty())
    fail(ErrorKind::not_found, "the archive has no pull requests; `pgolf archive add REPOSITORY` takes them in");
  if (out.empty()) out = globals.workspace().home / "archive";
  NewDirectory pages(out, is_page_name);
  for (const ArchivedPullView& pull : all) {
    pages.write(fmt::format("{}.html", pull.pull), archived_pull_page(pull, ruleset.id));
    pages.write(fmt::format("{}.md", pull.pull), archived_pull_comment(pull, ruleset.id));
  }
  pages.write("index.csv", archive_index_csv(all));
  pages.write("index.json",
              archive_index_json(all, ruleset.id).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  pages.write("board.html", archive_board_page(archive_board(all, {}), {}, ruleset.id));
  pages.write("index.html", archive_index_page(all, ruleset.id));
  pages.finish();
  const std::string page = (out / "index.html").string();
  print_result(globals,
               {{"format", "pgolf.archive-report/1"}, {"page", page}, {"pulls", all.size()}, {"ruleset", ruleset.id}},
               page + "\n");
  return 0;
}

}  // namespace

void add_archive_report(Cli& cli, CLI::App* archive) {
  const auto rules = std::make_shared<std::string>();
  const auto out = std::make_shared<fs::path>();
  CLI::App* verb =
      archive->add_subcommand("report", "Write an index of all pull requests, a page and a comment for each");
  verb->footer("Example: pgolf archive report --out pages");
  verb->fallthrough();
  verb->add_option("--out", *out, "directory of the pages; default: HOME/archive");
  verb->add_option("--rules", *rules, "ruleset, by its id or as a file; default: the latest");
  verb->callback([&cli, rules, out] { cli.action = [&cli, rules, out] { return report(cli.globals, *rules, *out); }; });
}

}  // namespace pgolf
