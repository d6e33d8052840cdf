#include "base/notice.h"
#include "harness/cli/cli.h"
#include "harness/cli/run_json.h"
#include "harness/commands/registry.h"

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

}  // namespace

void add_ls(Cli& cli) {
  cli.verb("ls", "List the runs of the record", "pgolf ls --json")->callback([&cli] {
    cli.action = [&cli] { return list(cli.globals); };
  });
}

}  // namespace pgolf
