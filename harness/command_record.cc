#include "base/error.h"
#include "harness/cli.h"
#include "harness/run_json.h"

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
  std::vector<std::string> ids;
  if (const auto store = look_at_record(globals)) {
    runs = store->list_runs();
    for (RunSummary& run : runs) run.edited = store->is_edited(run.id), ids.push_back(run.id);
  }
  const std::vector<StrayRun> strays = stray_runs(globals.workspace(), ids);
  Json document = summaries_to_json(runs);
  document["strays"] = strays_to_json(strays);
  const bool only_strays = runs.empty() && !strays.empty();
  print_result(globals, document, (only_strays ? "" : summaries_to_text(runs)) + strays_text(strays));
  return 0;
}

int show(const Globals& globals, const std::string& name) {
  const auto store = look_at_record(globals);
  if (!store) fail_no_record(globals.workspace());
  const RunRecord record = store->load_run(store->find_run(name));
  print_result(globals, run_to_json(record), run_to_text(record));
  return 0;
}

}  // namespace

void register_record(Cli& cli) {
  cli.verb("ls", "List the runs of the record", "pgolf ls --json")->callback([&cli] {
    cli.action = [&cli] { return list(cli.globals); };
  });
  const auto name = std::make_shared<std::string>();
  CLI::App* verb =
      cli.verb("show", "Show one run: configuration, times, artifact, result, verdicts", "pgolf show last");
  verb->add_option("run", *name, "a run's identifier, a unique part of it, or 'last'")->required();
  verb->callback([&cli, name] { cli.action = [&cli, name] { return show(cli.globals, *name); }; });
}

}  // namespace pgolf
