#include "harness/cli/go_on.h"

#include "base/error.h"
#include "base/names.h"
#include "harness/cli/run_end.h"
#include "harness/cli/run_request.h"
#include "harness/process/interrupts.h"
#include "harness/run/resume.h"

namespace pgolf {
namespace {

std::filesystem::path data_directory(const RunRecord& record, const DataRequest& request) {
  if (!request.data.empty()) return request.data;
  const auto recorded = record.environment.find("data_directory");
  if (recorded == record.environment.end())
    fail(ErrorKind::usage, "run {} does not say where its data lie; name them with --data", record.run.id);
  return recorded->second;
}

int go_on(const Globals& globals, const CLI::App& verb, RunRequest request, const std::string& name) {
  Interrupts::install();
  Store store = open_record(globals);
  const RunRecord record = store.load_run(store.find_run(name));
  require_way_on(record, verb.get_name());
  take_recorded_options(verb, record, request);
  complete_options(request);
  const Ruleset ruleset = chosen_ruleset(globals, request.rules);
  const DataManifest data = load_manifest(data_directory(record, request.data));
  const Pinned pinned = pinned_from_json(Json::parse(record.pinned.document), "run " + record.run.id);
  if (!pinned.data || pinned.data->manifest_sha256 != data.sha256)
    fail(ErrorKind::usage, "{}: not the data of run {}; its manifest had SHA-256 {}", data.directory.string(),
         record.run.id, pinned.data ? pinned.data->manifest_sha256 : "none");
  check_files(data, verb.get_name() == kPackPhase);
  Runner runner(store, globals.workspace(), request.options);
  runner.check_needs(pinned, verb.get_name());
  const RunEnd end = runner.go_on(record.run.id, verb.get_name(), data);
  return judge_and_report(globals, store, end, ruleset, request.reading, request.fail_on);
}

}  // namespace

void add_resuming_verb(Cli& cli, const std::string& name, const std::string& description) {
  const auto request = std::make_shared<RunRequest>();
  const auto run = std::make_shared<std::string>();
  CLI::App* verb = cli.verb(name, description, "pgolf " + name + " last");
  verb->add_option("run", *run, "a run's identifier, a unique part of it, or 'last'")->required();
  verb->add_option("--data", request->data.data, "the run's prepared data, if it was moved");
  add_run_options(verb, *request);
  verb->callback([&cli, verb, request, run] {
    cli.action = [&cli, verb, request, run] { return go_on(cli.globals, *verb, *request, *run); };
  });
}

}  // namespace pgolf
