#include "base/error.h"
#include "harness/cli/cli.h"
#include "harness/cli/run_json.h"
#include "harness/commands/registry.h"
#include "harness/judging/margins.h"

namespace pgolf {
namespace {

int show(const Globals& globals, const std::string& name) {
  const auto store = look_at_record(globals);
  if (!store) fail_no_record(globals.workspace());
  const RunRecord record = store->load_run(store->find_run(name));
  const auto margin = Margins(globals.rules).of(record);
  print_result(globals, run_to_json(record, margin), run_to_text(record, margin));
  return 0;
}

}  // namespace

void add_show(Cli& cli) {
  const auto name = std::make_shared<std::string>();
  CLI::App* verb =
      cli.verb("show", "Show one run: configuration, times, artifact, result, verdicts", "pgolf show last");
  verb->add_option("run", *name, "a run's identifier, a unique part of it, or 'last'")->required();
  verb->callback([&cli, name] { cli.action = [&cli, name] { return show(cli.globals, *name); }; });
}

}  // namespace pgolf
