#include "harness/commands/sweep_slurm.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/notice.h"
#include "harness/bundle/run.h"
#include "harness/cli/run_end.h"
#include "harness/cli/run_submission.h"
#include "harness/cluster/slurm_sweep.h"
#include "harness/sweep/state.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

// The bundle of a task into the record. What it is wrong with is told, and the others are taken in.
void take_in(const Globals& globals, const SweepPlan& plan, const fs::path& directory, size_t task) {
  const fs::path file = bundle_of(directory, task);
  try {
    Store store = open_record(globals);
    const ImportResult result = import_bundle(store, globals.workspace(), read_bundle_file(file), file.string(),
                                              chosen_ruleset(globals, ""), globals.submissions);
    const RunRecord record = store.load_run(result.run);
    if (record.run.pinned != plan.pinned_of(task))
      notice("task {}: {} is of another configuration than was planned", task, file.string());
    else if (result.new_run)
      notice("task {}: {}, seed {}: run {}, {}", task, plan.variant_of(task).name, plan.seed_of(task), result.run,
             run_state_name(record.run.state));
  } catch (const Error& e) {
    notice("task {}: not taken in: {}", task, e.what());
  }
}

void take_in_all(const Globals& globals, const SweepPlan& plan, const fs::path& directory) {
  const auto states = states_of(globals, plan);
  std::error_code missing;
  for (size_t task = 0; task < plan.tasks(); ++task)
    if (states[task].state != TaskState::done && fs::exists(bundle_of(directory, task), missing))
      take_in(globals, plan, directory, task);
}

void wait_for_tasks(const Globals& globals, const SweepPlan& plan, const SlurmSweep& slurm, const fs::path& directory,
                    std::vector<size_t> tasks, double grace_s) {
  const auto arrived = [&](size_t task) { take_in(globals, plan, directory, task); };
  const auto ended = follow(slurm, {directory, std::move(tasks), grace_s, arrived});
  for (const auto& [task, why] : ended)
    notice("task {} ({}, seed {}) left no result: {}", task, plan.variant_of(task).name, plan.seed_of(task), why);
}

// Of tasks that are to be run: neither done nor published.
std::vector<size_t> tasks_left(const Globals& globals, const SweepPlan& plan, const fs::path& directory,
                               bool again_failed) {
  const auto states = states_of(globals, plan);
  std::vector<size_t> out;
  std::error_code missing;
  for (size_t task = 0; task < plan.tasks(); ++task) {
    const bool failed = states[task].state == TaskState::failed;
    if (failed && again_failed) fs::remove(bundle_of(directory, task), missing);
    if (states[task].state == TaskState::planned || (failed && again_failed)) out.push_back(task);
  }
  return out;
}

SlurmSweep slurm_of(const Globals& globals, const SweepPlan& plan, const SlurmRequest& request) {
  SlurmSweep out = read_slurm(request.sweep.directory).value_or(SlurmSweep());
  out.sweep = plan.id;
  out.setting = {"", fs::absolute(globals.submissions), fs::absolute(globals.rules), request.sweep.options};
  const std::string& device = request.sweep.run.options.device;
  if (device != "auto") out.setting.options.insert(out.setting.options.end(), {"--device", device});
  return out;
}

}  // namespace

void add_slurm_options(CLI::App* verb, SlurmRequest& r) {
  verb->add_option("--on", r.on, "here: this machine; slurm: an array job, its results taken into this record")
      ->check(CLI::IsMember({"here", "slurm"}))
      ->capture_default_str();
  const auto text = [&](const char* option, std::string& value, const char* what) {
    verb->add_option(option, value, std::string("on Slurm: ") + what)->group("Slurm");
  };
  text("--partition", r.options.partition, "where to; default: the site's");
  text("--account", r.options.account, "whose account");
  text("--qos", r.options.qos, "quality of service");
  text("--mem", r.options.memory, "memory of a run, like 32G");
  verb->add_option("--time", r.options.minutes, "on Slurm: limit of a run, minutes")
      ->check(CLI::Range(1, 1 << 20).description(""))
      ->group("Slurm");
  verb->add_option("--cpus", r.options.cpus, "on Slurm: cores of a run")
      ->check(CLI::Range(1, 1 << 16).description(""))
      ->group("Slurm");
  verb->add_option("--at-most", r.options.at_most, "on Slurm: runs at once")
      ->check(CLI::Range(1, 1 << 20).description(""))
      ->group("Slurm");
  verb->add_flag("--shared-node", r.shared_node, "on Slurm: not alone on the node, also with the profile record")
      ->group("Slurm");
  verb->add_option("--sbatch", r.options.more, "on Slurm: an option of sbatch, as it is; may be repeated")
      ->allow_extra_args(false)
      ->group("Slurm");
  verb->add_option("--grace", r.grace_s, "on Slurm: seconds from a task's end to the word that it left nothing")
      ->check(CLI::Range(0.0, 3600.0).description(""))
      ->capture_default_str()
      ->group("Slurm");
}

int run_sweep_on_slurm(const Globals& globals, SlurmRequest request) {
  fs::path& directory = request.sweep.directory;
  directory = fs::absolute(directory).lexically_normal();
  const SweepPlan plan = read_plan(directory);
  check_unchanged(plan, globals.submissions);
  open_record(globals);
  take_in_all(globals, plan, directory);
  const auto tasks = tasks_left(globals, plan, directory, request.sweep.again_failed);
  if (!tasks.empty()) {
    request.options.gpus = request.sweep.run.gpus;
    for (const SweepVariant& variant : plan.variants)
      request.options.exclusive |= variant.profile == kRecordProfile && !request.shared_node;
    SlurmSweep slurm = slurm_of(globals, plan, request);
    submit(directory, slurm, tasks, request.options);
    notice("{} of {} runs are on Slurm as {}", tasks.size(), plan.tasks(), slurm.job_name());
    wait_for_tasks(globals, plan, slurm, directory, tasks, request.grace_s);
  }
  return report_sweep(globals, directory, request.sweep.metric);
}

int collect_sweep(const Globals& globals, const fs::path& where, bool wait, double grace_s, const std::string& metric) {
  const fs::path directory = fs::absolute(where).lexically_normal();
  const SweepPlan plan = read_plan(directory);
  open_record(globals);
  take_in_all(globals, plan, directory);
  const auto slurm = read_slurm(directory);
  const auto tasks = tasks_left(globals, plan, directory, false);
  if (wait && slurm && !tasks.empty()) wait_for_tasks(globals, plan, *slurm, directory, tasks, grace_s);
  return report_sweep(globals, directory, metric);
}

int cancel_sweep(const Globals& globals, const fs::path& directory) {
  const SweepPlan plan = read_plan(directory);
  const auto slurm = read_slurm(directory);
  if (!slurm || slurm->jobs.empty())
    fail(ErrorKind::not_found, "{}: nothing of this sweep was given to Slurm", directory.string());
  cancel(*slurm);
  print_result(globals, {{"format", "pgolf.cancelled/1"}, {"id", plan.id}, {"job_name", slurm->job_name()}},
               fmt::format("{} is cancelled; `pgolf sweep collect {}` takes in what was done, `pgolf sweep run` goes "
                           "on\n",
                           slurm->job_name(), directory.string()));
  return 0;
}

int reproduce_on_slurm(const Globals& globals, SlurmRequest request) {
  const RunRequest& run = request.sweep.run;
  if (!run.replay.empty() || run.resolve.published_clock)
    fail(ErrorKind::usage, "--on slurm: neither --replay nor --clock published; run these here");
  const Ruleset ruleset = chosen_ruleset(globals, run.rules);
  const Submission submission = open_submission(globals.submissions, run.submission);
  SweepPlan plan = empty_plan({run.resolve.seed.value_or(submission.seeds.front())});
  plan.variants.push_back(pin_variant(submission, run.resolve, plan.seeds, data_of(globals, run.data)));
  fs::path& directory = request.sweep.directory;
  if (directory.empty()) directory = globals.workspace().home / "sweeps" / plan.id;
  write_plan(directory, plan);
  open_record(globals);
  directory = fs::absolute(directory).lexically_normal();
  request.options.gpus = run.gpus;
  request.options.exclusive = plan.variants.front().profile == kRecordProfile && !request.shared_node;
  SlurmSweep slurm = slurm_of(globals, plan, request);
  submit(directory, slurm, {0}, request.options);
  wait_for_tasks(globals, plan, slurm, directory, {0}, request.grace_s);
  const TaskStatus task = states_of(globals, plan).front();
  if (task.run.empty())
    fail(ErrorKind::machine, "{}: no run came back; `pgolf sweep run {} --on slurm` tries again", plan.variants[0].name,
         directory.string());
  Store store = open_record(globals);
  return report_ended_run(globals, store, task.run, ruleset, run.reading, run.fail_on);
}

}  // namespace pgolf
