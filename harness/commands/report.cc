#include <fmt/format.h>

#include "base/error.h"
#include "harness/cli/cli.h"
#include "harness/cli/report_files.h"
#include "harness/commands/registry.h"
#include "harness/run/own_files.h"

namespace pgolf {
namespace {

// Why a run's record cannot be drawn; "" if it can.
std::string problem_of(const Store& store, const std::string& run) {
  try {
    store.load_run(run);
    return "";
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::database) throw;
    return e.what();
  }
}

int report(const Globals& globals, const std::vector<std::string>& names, std::filesystem::path out) {
  const auto store = look_at_record(globals);
  if (!store) fail_no_record(globals.workspace());
  std::vector<std::string> runs;
  for (const std::string& name : names) {
    runs.push_back(store->find_run(name));
    check_counts(store->load_run(runs.back()));
  }
  int exit_code = 0;
  if (names.empty())
    for (const RunSummary& run : store->list_runs()) {
      if (run.withdrawn) continue;
      if (const std::string problem = problem_of(*store, run.id); problem.empty())
        runs.push_back(run.id);
      else
        fmt::print(stderr, "pgolf: left out: {}\n", problem), exit_code = static_cast<int>(ErrorKind::database);
    }
  if (runs.empty() && exit_code != 0) return exit_code;
  if (runs.empty()) fail(ErrorKind::not_found, "{} has no runs to report", globals.home.string());
  if (out.empty()) out = own_directory(globals.workspace(), "reports");
  Margins margins(globals.rules);
  const auto page = write_leaderboard(*store, runs, margins, out);
  print_result(globals, {{"format", "pgolf.report/1"}, {"page", page.string()}, {"runs", runs}}, page.string() + "\n");
  return exit_code;
}

}  // namespace

void add_report(Cli& cli) {
  const auto runs = std::make_shared<std::vector<std::string>>();
  const auto out = std::make_shared<std::filesystem::path>();
  CLI::App* verb = cli.verb("report", "Write pages: a leaderboard and one page per run, HTML, Markdown, JSON and CSV",
                            "pgolf report last --out report");
  verb->add_option("runs", *runs, "runs; default: all");
  verb->add_option("--out", *out, "directory of the pages; default: HOME/reports");
  verb->callback([&cli, runs, out] { cli.action = [&cli, runs, out] { return report(cli.globals, *runs, *out); }; });
}

}  // namespace pgolf
