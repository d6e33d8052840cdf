#include <set>

#include "archive/rulings.h"
#include "archive/smallest_fix.h"
#include "base/error.h"
#include "base/file.h"
#include "harness/commands/archive.h"
#include "harness/judging/judging.h"
#include "reports/archive_pages.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

ArchivedFolderView view_of(const PublishedFolder& folder, const RuledCode& ruled, const Ruleset& ruleset) {
  const Publication& p = folder.publication;
  const Submission& s = p.submission;
  ArchivedFolderView out{s.id,
                         shown_name(folder.path),
                         s.title,
                         s.author,
                         s.track,
                         s.headline.val_bpb,
                         s.headline.source,
                         p.findings,
                         {},
                         {},
                         {},
                         {}};
  if (folder.owner != folder.pull) out.notes.push_back(fmt::format("the folder is #{}'s", folder.owner));
  out.verdicts = judge_publication(s, p.logs, ruleset);
  for (const RulingFinding& r : ruled.find(folder)) out.rulings.push_back(r.text());
  for (const Fix& f : smallest_fixes(out.verdicts, s.headline.val_bpb))
    out.fixes.push_back(fmt::format("{} ({}, {})", f.text, f.rule, f.reading));
  for (const ScriptHint& h : p.hints)
    out.looks.push_back(fmt::format("{}:{}: {}: {}", h.file, h.line, h.what, shown_name(h.text)));
  return out;
}

// Pull requests of which a run as it was is on record.
std::set<int64_t> reruns(const Store& store) {
  std::set<int64_t> out;
  for (const RunSummary& run : store.list_runs())
    if (run.as_run && run.state == RunState::done && !run.withdrawn) out.insert(run.pr);
  return out;
}

std::vector<ArchivedPullView> views(const Globals& globals, const Store& store, const Ruleset& ruleset) {
  const ArchiveTables tables(store);
  const std::vector<Ruling> rulings = load_rulings(globals.rules / kRulingsFile);
  const RuledCode ruled(tables, rulings);
  const std::set<int64_t> rerun = reruns(store);
  std::vector<ArchivedPullView> out;
  for (const ArchiveSource& source : tables.sources())
    for (const ArchiveHead& head : tables.heads(source.id)) {
      if (source.kind != "git") continue;
      ArchivedPullView view{head.pull, head.head, head.relation, "", {}};
      for (const PublishedFolder& folder : published_folders(tables, head.pull))
        view.folders.push_back(view_of(folder, ruled, ruleset));
      const bool audited = fs::exists(globals.submissions / fmt::format("pr-{}", head.pull) / "submission.toml");
      view.tier = tier_of(view, audited, rerun.contains(head.pull));
      out.push_back(std::move(view));
    }
  return out;
}

int report(const Globals& globals, const std::string& rules, fs::path out) {
  const auto store = look_at_record(globals);
  const Ruleset ruleset = ruleset_to_show_by(globals, rules);
  const auto all = store ? views(globals, *store, ruleset) : std::vector<ArchivedPullView>();
  if (all.empty())
    fail(ErrorKind::not_found, "the archive has no pull requests; `pgolf archive add REPOSITORY` takes them in");
  if (out.empty()) out = globals.workspace().home / "archive";
  std::error_code problem;
  fs::create_directories(out, problem);
  if (problem) fail(ErrorKind::machine, "{}: cannot be created: {}", out.string(), problem.message());
  for (const ArchivedPullView& pull : all) {
    write_file_atomic(out / fmt::format("{}.html", pull.pull), archived_pull_page(pull, ruleset.id));
    write_file_atomic(out / fmt::format("{}.md", pull.pull), archived_pull_comment(pull, ruleset.id));
  }
  write_file_atomic(out / "index.csv", archive_index_csv(all));
  write_file_atomic(out / "index.html", archive_index_page(all, ruleset.id));
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
