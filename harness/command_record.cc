#include <fmt/ranges.h>

#include "base/error.h"
#include "base/message.h"
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

int show(const Globals& globals, const std::string& name) {
  const auto store = look_at_record(globals);
  if (!store) fail_no_record(globals.workspace());
  const RunRecord record = store->load_run(store->find_run(name));
  print_result(globals, run_to_json(record), run_to_text(record));
  return 0;
}

int withdraw(const Globals& globals, const std::string& name, const std::string& reason) {
  constexpr size_t kLongest = 500;
  if (reason.size() > kLongest) fail(ErrorKind::usage, "--reason: more than {} letters", kLongest);
  auto store = open_existing_record(globals);
  if (!store) fail_no_record(globals.workspace());
  const RunRecord before = store->load_run(store->find_run(name));
  const std::string& id = before.run.id;
  if (!before.run.withdrawn_at.empty())
    fail(ErrorKind::usage, "run {} was withdrawn at {} already; that stays as it is", id, before.run.withdrawn_at);
  if (!is_final(before.run.state))
    fail(ErrorKind::usage, "run {} is {}; it can be withdrawn when it has ended", id, run_state_name(before.run.state));
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

void register_withdraw(Cli& cli) {
  const auto name = std::make_shared<std::string>(), reason = std::make_shared<std::string>();
  CLI::App* verb = cli.verb("withdraw", "Take a run out of lists, boards and comparisons, for good; it stays on record",
                            "pgolf withdraw last --reason 'trained on the wrong shards'");
  verb->add_option("run", *name, "a run's identifier, a unique part of it, or 'last'")->required();
  verb->add_option("--reason", *reason, "why, in at most 500 letters; sealed with the run");
  verb->callback(
      [&cli, name, reason] { cli.action = [&cli, name, reason] { return withdraw(cli.globals, *name, *reason); }; });
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
  register_withdraw(cli);
}

}  // namespace pgolf
