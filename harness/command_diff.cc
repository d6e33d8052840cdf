#include "base/error.h"
#include "harness/cli.h"
#include "harness/diff.h"

namespace pgolf {
namespace {

int diff(const Globals& globals, const std::string& a, const std::string& b) {
  const auto store = look_at_record(globals);
  if (!store) fail(ErrorKind::not_found, "run '{}' not found: {} has no runs yet", a, globals.home.string());
  const RunDiff found = diff_runs(*store, store->load_run(store->find_run(a)), store->load_run(store->find_run(b)));
  print_result(globals, diff_to_json(found), diff_to_text(found));
  return found.same() ? 0 : static_cast<int>(ErrorKind::verdict);
}

}  // namespace

void register_diff(Cli& cli) {
  const auto a = std::make_shared<std::string>(), b = std::make_shared<std::string>();
  CLI::App* verb =
      cli.verb("diff", "What differs between two runs: configuration, data, environment, curves, result, artifact",
               "pgolf diff 1f3a last");
  verb->add_option("a", *a, "a run's identifier, a unique part of it, or 'last'")->required();
  verb->add_option("b", *b, "another")->required();
  verb->callback([&cli, a, b] { cli.action = [&cli, a, b] { return diff(cli.globals, *a, *b); }; });
}

}  // namespace pgolf
