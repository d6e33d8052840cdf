#include <fmt/ranges.h>

#include <map>

#include "base/error.h"
#include "base/file.h"
#include "base/notice.h"
#include "engine/config/fields.h"
#include "harness/cli/run_submission.h"
#include "harness/cli/sweep_options.h"
#include "harness/run/engine_tool.h"
#include "harness/sweep/result.h"
#include "harness/sweep/state.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

Slots slots_of(const Globals& globals, const SweepPlan& plan, const SweepRunRequest& request, size_t tasks) {
  const fs::path engine = engine_path(request.run.engine);
  const std::string& device = request.run.options.device;
  const MachineRoom room = look_around(engine);
  bool alone = false;
  for (const SweepVariant& variant : plan.variants) alone = alone || variant.profile == kRecordProfile;
  Slots out =
      slots_for(room, largest_need(plan, globals.submissions, engine, device), device, alone, static_cast<int>(tasks));
  if (request.jobs > 0) {
    const std::vector<std::string> devices = out.devices;
    out.devices.clear();
    for (int i = 0; i < request.jobs; ++i) out.devices.push_back(devices[static_cast<size_t>(i) % devices.size()]);
    out.threads = request.jobs > 1 ? std::max(1, room.cores / request.jobs) : 0;
    out.why = "--jobs";
  }
  if (request.run.options.threads > 0) out.threads = request.run.options.threads;
  return out;
}

// Results are printed even where they cannot be kept as files.
std::string write_pages(const fs::path& directory, const SweepPlan& plan, const SweepResult& result) {
  try {
    const SweepView view = result_view(plan, result);
    write_file_atomic(directory / "result.html", sweep_page(view));
    write_file_atomic(directory / "result.md", sweep_markdown(view));
    write_file_atomic(directory / "result.csv", sweep_csv(view));
    write_file_atomic(directory / "result.json", result_json(plan, result).dump(2) + "\n");
    return (directory / "result.html").string();
  } catch (const Error& e) {
    notice("no page: {}", e.what());
    return "";
  }
}

}  // namespace

std::vector<TaskStatus> states_of(const Globals& globals, const SweepPlan& plan) {
  const auto store = look_at_record(globals);
  return task_states(plan, store ? &*store : nullptr);
}

void add_sweep_run_options(CLI::App* verb, SweepRunRequest& request) {
  verb->add_option("--jobs", request.jobs, "runs at once; default: what fits into memory, cores and GPUs")
      ->check(CLI::Range(1, 1024).description(""));
  verb->add_flag("--again-failed", request.again_failed, "also run again what ended by a fault of the submission's");
  verb->add_option("--metric", request.metric, "val_bpb or val_loss, or that of one pass: val_bpb_quant")
      ->capture_default_str();
  add_run_options(verb, request.run);
  add_checkpoint_option(verb, request.run);
}

void take_sweep_run_options(const CLI::App& verb, SweepRunRequest& request) {
  RunRequest unused;
  CLI::App known;
  add_run_options(&known, unused);
  add_checkpoint_option(&known, unused);
  for (const CLI::Option* option : known.get_options()) {
    const std::string name = option->get_name();
    if (name == "--help" || name == "-h,--help" || name == "--device" || name == "--threads") continue;
    const CLI::Option* given = verb.get_option_no_throw(name);
    if (!given || given->count() == 0) continue;
    for (const std::string& value : given->results()) {
      request.options.push_back(name);
      if (option->get_items_expected_max() > 0) request.options.push_back(value);
    }
  }
}

DataOf data_of(const Globals& globals, const DataRequest& data) {
  const auto known = std::make_shared<std::map<std::string, SweepData>>();
  return [&globals, data, known](const std::string& profile, const Config& config) {
    const std::string key =
        fmt::format("{} {} {}", profile, config.model.vocab_size, config_to_json(config).at("data").dump());
    if (const auto found = known->find(key); found != known->end()) return found->second;
    DataRequest one = data;
    one.demo = profile == "demo";
    const DataManifest manifest = obtain_data(one, config, globals.workspace());
    const SweepData out{fs::absolute(manifest.directory).lexically_normal().string(), pinned_data(manifest)};
    known->emplace(key, out);
    return out;
  };
}

int report_sweep(const Globals& globals, const fs::path& directory, const std::string& metric) {
  const SweepPlan plan = read_plan(directory);
  const auto store = look_at_record(globals);
  const auto states = task_states(plan, store ? &*store : nullptr);
  const SweepResult result = sweep_result(plan, states, store ? &*store : nullptr, metric);
  Json document = result_json(plan, result);
  const std::string page = write_pages(directory, plan, result);
  document["report"] = page.empty() ? Json() : Json(page);
  print_result(globals, document, result_text(plan, result) + (page.empty() ? "" : "report: " + page + "\n"));
  return count(states).done == plan.tasks() ? 0 : static_cast<int>(ErrorKind::inconclusive);
}

int run_sweep_here(const Globals& globals, const SweepRunRequest& request) {
  const SweepPlan plan = read_plan(request.directory);
  check_unchanged(plan, globals.submissions);
  open_record(globals);  // made or migrated once, not by every child
  const auto states = states_of(globals, plan);
  const SweepCounts counts = count(states);
  notice("{}", counts_text(counts));
  const size_t left = counts.planned + (request.again_failed ? counts.failed : 0);
  if (left > 0) {
    const TaskSetting setting{fs::absolute(globals.home), fs::absolute(globals.submissions),
                              fs::absolute(globals.rules), request.options};
    run_here(plan, {request.directory, setting, slots_of(globals, plan, request, left), request.again_failed}, states);
  }
  return report_sweep(globals, request.directory, request.metric);
}

}  // namespace pgolf
