#include "base/error.h"
#include "base/notice.h"
#include "harness/cli/options.h"
#include "harness/cli/run_submission.h"
#include "harness/cli/sweep_options.h"
#include "harness/commands/registry.h"
#include "harness/sweep/ablation.h"
#include "harness/sweep/state.h"
#include "reports/pages.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

struct AblateRequest {
  AblationRequest ablation;
  SweepRunRequest run;
  DataRequest data;
  std::string seeds = "3";
  bool plan_only = false;
};

// "3": that many, from the submission's first on; else a list, as of `sweep new`.
std::vector<int64_t> seeds_of(const Globals& globals, const AblateRequest& r) {
  if (r.seeds.find_first_not_of("0123456789") != std::string::npos) return parse_seeds(r.seeds);
  const int64_t first = open_submission(globals.submissions, r.ablation.submission).seeds.front();
  const int64_t many = parse_seeds(r.seeds).front();
  if (many < 1 || many > 1000)
    fail(ErrorKind::usage, "--seeds {}: expected how many, 1 to 1000, or a list like 1,2,3", r.seeds);
  return parse_seeds(fmt::format("{}-{}", first, first + many - 1));
}

// The same question finds the folder of its answer again.
fs::path default_directory(const Globals& globals, const AblateRequest& r) {
  const std::string id = open_submission(globals.submissions, r.ablation.submission).id;
  const std::string from = r.ablation.in_from.empty() ? "" : "-in-" + r.ablation.in_from;
  return globals.workspace().home / "sweeps" /
         page_name(fmt::format("ablate-{}-{}{:.40}", id, r.ablation.resolve.profile, from));
}

bool same_tasks(const SweepPlan& a, const SweepPlan& b) {
  if (a.seeds != b.seeds || a.variants.size() != b.variants.size()) return false;
  for (size_t i = 0; i < a.variants.size(); ++i)
    if (a.variants[i].pinned != b.variants[i].pinned) return false;
  return true;
}

int ablate(const Globals& globals, AblateRequest r) {
  r.ablation.seeds = seeds_of(globals, r);
  const SweepPlan plan = plan_ablation(r.ablation, globals.submissions, data_of(globals, r.data));
  fs::path& directory = r.run.directory;
  if (directory.empty()) directory = default_directory(globals, r);
  std::error_code missing;
  if (!fs::exists(directory / "sweep.json", missing))
    write_plan(directory, plan);
  else if (!same_tasks(read_plan(directory), plan))
    fail(ErrorKind::usage, "{}: holds another plan; name a new folder with --dir", directory.string());
  for (const SkippedTechnique& s : plan.skipped) notice("not planned: {}: {}", s.name, s.why);
  if (!r.plan_only) return run_sweep_here(globals, r.run);
  const auto states = states_of(globals, plan);
  print_result(globals, status_json(plan, states),
               fmt::format("{}\n{}", (directory / "sweep.json").string(), status_text(plan, states)));
  return 0;
}

}  // namespace

void add_ablate(Cli& cli) {
  const auto r = std::make_shared<AblateRequest>();
  CLI::App* verb = cli.verb("ablate", "Which technique pays: one out at a time, or one in; table and chart of effects",
                            "pgolf ablate 2143 --profile demo --techniques XSA,smear --seeds 3");
  verb->add_option("submission", r->ablation.submission, "334, pr-334, a directory, an identifier")->required();
  verb->add_option("--techniques", r->ablation.techniques, "names or fields, with commas; default: all that it uses")
      ->delimiter(',');
  verb->add_option("--in-from", r->ablation.in_from, "a base that each technique of the submission is added to")
      ->type_name("SUBMISSION");
  verb->add_option("--seeds", r->seeds, "how many, or which: 1,2,3 or 1-3")->capture_default_str();
  verb->add_option("--profile", r->ablation.resolve.profile, "of all variants")->capture_default_str();
  verb->add_option("--steps", r->ablation.resolve.steps, "train this many steps")->check(whole_number());
  verb->add_option("--seconds", r->ablation.resolve.seconds, "train this long by the training clock");
  verb->add_option("--set", r->ablation.resolve.sets, "KEY=VALUE, of all variants; may be repeated")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  verb->add_option("--dir", r->run.directory, "folder of the sweep; default: HOME/sweeps/ablate-...");
  verb->add_flag("--plan", r->plan_only, "write the plan down and run nothing");
  add_data_options(verb, r->data);
  add_sweep_run_options(verb, r->run);
  verb->callback([&cli, verb, r] {
    take_sweep_run_options(*verb, r->run);
    cli.action = [&cli, r] { return ablate(cli.globals, *r); };
  });
}

}  // namespace pgolf
