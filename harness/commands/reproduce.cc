#include "harness/cli/options.h"
#include "harness/cli/run_submission.h"
#include "harness/cli/sweep_options.h"
#include "harness/commands/registry.h"
#include "harness/commands/sweep_slurm.h"

namespace pgolf {

void add_reproduce(Cli& cli) {
  const auto slurm = std::make_shared<SlurmRequest>();
  RunRequest* request = &slurm->sweep.run;
  CLI::App* verb = cli.verb("reproduce", "Run a submission and judge it; exits by verdict",
                            "pgolf reproduce 334 --profile demo --set ttt.enabled=false --docs docs.jsonl");
  add_resolve_options(verb, request->submission, request->resolve);
  add_clock_option(verb, request->resolve);
  add_data_options(verb, request->data);
  add_run_options(verb, *request);
  add_checkpoint_option(verb, *request);
  verb->add_option("--replay", request->replay,
                   "a run whose recorded schedule is followed instead of the clock; exits 0 for an equal artifact")
      ->type_name("RUN");
  add_slurm_options(verb, *slurm);
  verb->add_option("--dir", slurm->sweep.directory, "on Slurm: folder that nodes share; default: HOME/sweeps/ID")
      ->group("Slurm");
  verb->callback([&cli, verb, slurm, request] {
    for (const char* option : {"--profile", "--seed", "--steps", "--seconds", "--set"})
      request->configured = request->configured || verb->count(option) > 0;
    take_sweep_run_options(*verb, slurm->sweep);
    cli.action = [&cli, slurm] {
      return slurm->on == "slurm" ? reproduce_on_slurm(cli.globals, *slurm)
                                  : run_submission(cli.globals, slurm->sweep.run);
    };
  });
}

}  // namespace pgolf
