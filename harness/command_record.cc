#include "base/error.h"
#include "harness/cli.h"
#include "harness/run/notice.h"
#include "harness/run_json.h"

namespace pgolf {
namespace {

int list(const Globals& globals) {
  std::vector<RunSummary> runs;
  std::vector<std::string> ids;
  if (const auto store = look_at_record(globals)) {
    runs = store->list_runs();
    for (RunSummary& run : runs) run.edited = store->is_edited(run.id), ids.push_back(run.id);
  }
  for (const StrayRun& stray : stray_runs(globals.workspace(), ids))
    if (stray.has_logs)
      notice("run {} has a directory and no rows: the record that held it is gone or was edited", stray.id);
  print_result(globals, summaries_to_json(runs), summaries_to_text(runs));
  return 0;
}

int show(const Globals& globals, const std::string& name) {
  const auto store = look_at_record(globals);
  if (!store) fail(ErrorKind::not_found, "run '{}' not found: {} has no runs yet", name, globals.home.string());
  const RunRecord record = store->load_run(store->find_run(name));
  const auto margin = chosen_margin(globals);
  print_result(globals, run_to_json(record, margin), run_to_text(record, margin));
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
