#include "base/error.h"
#include "base/message.h"
#include "harness/cli/cli.h"
#include "harness/commands/registry.h"

namespace pgolf {
namespace {

int withdraw(const Globals& globals, const std::string& name, const std::string& reason) {
  constexpr size_t kLongest = 500;
  if (reason.size() > kLongest) fail(ErrorKind::usage, "--reason: more than {} letters", kLongest);
  auto store = open_existing_record(globals);
  if (!store) fail_no_record(globals.workspace());
  const std::string id = store->find_run(name);
  store->withdraw(id, as_message(reason));
  const RunRecord now = store->load_run(id);
  print_result(globals,
               {{"format", "pgolf.withdrawn/1"},
                {"run_id", id},
                {"withdrawn_at", now.run.withdrawn_at},
                {"reason", now.run.withdrawn_reason},
                {"head", chain_head_text(store->head())}},
               fmt::format("run {} is withdrawn: in no list, board or comparison any more\nhead of the record {}\n", id,
                           chain_head_text(store->head())));
  return 0;
}

}  // namespace

void add_withdraw(Cli& cli) {
  const auto name = std::make_shared<std::string>(), reason = std::make_shared<std::string>();
  CLI::App* verb = cli.verb("withdraw", "Take a run out of lists, boards and comparisons, for good; it stays on record",
                            "pgolf withdraw last --reason 'trained on the wrong shards'");
  verb->add_option("run", *name, "a run's identifier, a unique part of it, or 'last'")->required();
  verb->add_option("--reason", *reason, "why, in at most 500 letters; sealed with the run");
  verb->callback(
      [&cli, name, reason] { cli.action = [&cli, name, reason] { return withdraw(cli.globals, *name, *reason); }; });
}

}  // namespace pgolf
