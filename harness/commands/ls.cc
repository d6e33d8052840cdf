#include <fmt/ranges.h>

#include "harness/cli/cli.h"
#include "harness/cli/run_json.h"
#include "harness/commands/registry.h"

namespace pgolf {
namespace {

Json strays_to_json(const std::vector<StrayRun>& strays) {
  Json out = Json::array();
  for (const StrayRun& stray : strays) out.push_back({{"run_id", stray.id}, {"began", stray.has_logs}});
  return out;
}

std::string strays_text(const std::vector<StrayRun>& strays) {
  std::vector<std::string> began, others;
  for (const StrayRun& stray : strays) (stray.has_logs ? began : others).push_back(stray.id);
  std::string out;
  if (!began.empty())
    out += fmt::format("no rows of {}, whose directories are there: the record that held them is gone or was edited\n",
                       names_text(began));
  return others.empty() ? out : out + fmt::format("no rows of {}: never begun\n", names_text(others));
}

int list(const Globals& globals) {
  std::vector<RunSummary> runs;
  std::vector<std::string> ids, withdrawn;
  if (const auto store = look_at_record(globals)) {
    runs = store->list_runs();
    for (RunSummary& run : runs) {
      run.edited = store->is_edited(run.id), ids.push_back(run.id);
      if (run.withdrawn) withdrawn.push_back(run.id);
    }
    std::erase_if(runs, [](const RunSummary& run) { return run.withdrawn; });
  }
  const std::vector<StrayRun> strays = stray_runs(globals.workspace(), ids);
  Json document = summaries_to_json(runs);
  document["strays"] = strays_to_json(strays);
  document["withdrawn"] = withdrawn;
  std::string text = strays_text(strays);
  if (!withdrawn.empty())
    text += fmt::format("withdrawn: {}; `pgolf show RUN` tells why\n", fmt::join(withdrawn, ", "));
  const bool no_runs_at_all = runs.empty() && text.empty();
  print_result(globals, document, (runs.empty() && !no_runs_at_all ? "" : summaries_to_text(runs)) + text);
  return 0;
}

}  // namespace

void add_ls(Cli& cli) {
  cli.verb("ls", "List the runs of the record", "pgolf ls --json")->callback([&cli] {
    cli.action = [&cli] { return list(cli.globals); };
  });
}

}  // namespace pgolf
