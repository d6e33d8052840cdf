#include <fmt/format.h>

#include "harness/cli/options.h"
#include "harness/cli/run_submission.h"
#include "harness/cli/sweep_options.h"
#include "harness/cluster/node_task.h"
#include "harness/commands/registry.h"
#include "harness/commands/sweep_slurm.h"
#include "harness/sweep/result.h"
#include "harness/sweep/state.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

struct NewSweep {
  fs::path directory;
  std::string seeds;
  SweepRequest request;
  DataRequest data;
};

int plan_new(const Globals& globals, NewSweep r) {
  if (r.request.profiles.empty()) r.request.profiles = {kRecordProfile};
  r.request.seeds = parse_seeds(r.seeds);
  const SweepPlan plan = plan_sweep(r.request, globals.submissions, data_of(globals, r.data));
  write_plan(r.directory, plan);
  const auto states = states_of(globals, plan);
  print_result(globals, status_json(plan, states),
               fmt::format("{}\n{}`pgolf sweep run {}` runs them\n", (r.directory / "sweep.json").string(),
                           status_text(plan, states), r.directory.string()));
  return 0;
}

int status(const Globals& globals, const fs::path& directory) {
  const SweepPlan plan = read_plan(directory);
  const auto states = states_of(globals, plan);
  print_result(globals, status_json(plan, states), status_text(plan, states));
  return 0;
}

CLI::App* sub_verb(CLI::App* sweep, const char* name, const char* description, const char* example,
                   fs::path& directory) {
  CLI::App* verb = sweep->add_subcommand(name, description);
  verb->footer(std::string("Example: ") + example);
  verb->fallthrough();
  verb->add_option("directory", directory, "folder of the sweep")->required();
  return verb;
}

void add_new_sweep(Cli& cli, CLI::App* sweep) {
  const auto r = std::make_shared<NewSweep>();
  CLI::App* verb =
      sub_verb(sweep, "new", "Write down which runs are to be made, before the first",
               "pgolf sweep new lr --submission 334 --profile demo --seeds 1-3 --set muon.lr=0.02,0.03", r->directory);
  verb->add_option("--submission", r->request.submissions, "334, a directory, an identifier; may be repeated")
      ->required()
      ->allow_extra_args(false);
  verb->add_option("--seeds", r->seeds, "numbers and ranges: 1-3,7")->required();
  verb->add_option("--profile", r->request.profiles, "may be repeated; default: record")->allow_extra_args(false);
  verb->add_option("--set", r->request.sets, "KEY=VALUE or KEY=A,B,C; every combination; may be repeated")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUES");
  verb->add_option("--steps", r->request.resolve.steps, "train this many steps")->check(whole_number());
  verb->add_option("--seconds", r->request.resolve.seconds, "train this long by the training clock");
  add_data_options(verb, r->data);
  verb->callback([&cli, r] { cli.action = [&cli, r] { return plan_new(cli.globals, *r); }; });
}

void add_run_sweep(Cli& cli, CLI::App* sweep) {
  const auto r = std::make_shared<SlurmRequest>();
  CLI::App* verb = sub_verb(sweep, "run", "Run what is left of a sweep, as much at once as fits",
                            "pgolf sweep run lr --on slurm --gpus 8 --time 60", r->sweep.directory);
  add_sweep_run_options(verb, r->sweep);
  add_slurm_options(verb, *r);
  verb->callback([&cli, verb, r] {
    take_sweep_run_options(*verb, r->sweep);
    cli.action = [&cli, r] {
      return r->on == "slurm" ? run_sweep_on_slurm(cli.globals, *r) : run_sweep_here(cli.globals, r->sweep);
    };
  });
}

void add_collect(Cli& cli, CLI::App* sweep) {
  const auto r = std::make_shared<SlurmRequest>();
  const auto wait = std::make_shared<bool>(false);
  CLI::App* verb = sub_verb(sweep, "collect", "Take the runs that came back from Slurm into the record",
                            "pgolf sweep collect lr --wait", r->sweep.directory);
  verb->add_flag("--wait", *wait, "until nothing is on its way any more");
  verb->add_option("--grace", r->grace_s, "seconds from a task's end to the word that it left nothing")
      ->capture_default_str();
  verb->add_option("--metric", r->sweep.metric, "val_bpb or val_loss, or that of one pass")->capture_default_str();
  verb->callback([&cli, r, wait] {
    cli.action = [&cli, r, wait] {
      return collect_sweep(cli.globals, r->sweep.directory, *wait, r->grace_s, r->sweep.metric);
    };
  });
}

// What a node runs; not for people.
void add_task(Cli& cli, CLI::App* sweep) {
  const auto r = std::make_shared<NodeTask>();
  CLI::App* verb = sub_verb(sweep, "task", "One task of a sweep on its node, as Slurm starts it",
                            "pgolf sweep task lr 0", r->directory);
  verb->add_option("task", r->task, "its number, from 0")->required();
  verb->add_option("--id", r->sweep, "the sweep that the folder must hold");
  verb->callback([&cli, r] { cli.action = [r] { return run_on_node(*r); }; });
}

}  // namespace

void add_sweep(Cli& cli) {
  CLI::App* sweep = cli.verb("sweep", "Many runs: planned, resumed, compared", "pgolf sweep run lr");
  sweep->require_subcommand(1);
  add_new_sweep(cli, sweep);
  add_run_sweep(cli, sweep);
  add_collect(cli, sweep);
  add_task(cli, sweep);
  const auto directory = std::make_shared<fs::path>();
  sub_verb(sweep, "status", "Which of the planned runs are done", "pgolf sweep status lr", *directory)
      ->callback([&cli, directory] { cli.action = [&cli, directory] { return status(cli.globals, *directory); }; });
  sub_verb(sweep, "cancel", "End what Slurm still has of a sweep", "pgolf sweep cancel lr", *directory)
      ->callback(
          [&cli, directory] { cli.action = [&cli, directory] { return cancel_sweep(cli.globals, *directory); }; });
  const auto shown = std::make_shared<SweepRunRequest>();
  CLI::App* verb =
      sub_verb(sweep, "result", "Table and page of what is done so far", "pgolf sweep result lr", shown->directory);
  verb->add_option("--metric", shown->metric, "val_bpb or val_loss, or that of one pass: val_bpb_quant")
      ->capture_default_str();
  verb->callback([&cli, shown] {
    cli.action = [&cli, shown] { return report_sweep(cli.globals, shown->directory, shown->metric); };
  });
}

}  // namespace pgolf
