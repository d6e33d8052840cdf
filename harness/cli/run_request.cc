#include "harness/cli/run_request.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "db/documents/documents.h"
#include "db/rows.h"
#include "engine/dist/comm.h"
#include "harness/cli/options.h"
#include "harness/run/engine_tool.h"

namespace pgolf {
namespace {

std::map<std::string, double> parse_limits(const std::vector<std::string>& limits) {
  std::map<std::string, double> out;
  for (const std::string& limit : limits) {
    const auto equals = limit.find('=');
    const std::string phase = limit.substr(0, equals);
    char* end = nullptr;
    const double seconds = equals == std::string::npos ? 0 : std::strtod(limit.c_str() + equals + 1, &end);
    if (!(seconds > 0) || *end != '\0' || !is_phase_name(phase))
      fail(ErrorKind::usage, "--limit {}: expected train=SECONDS, pack=SECONDS, eval=SECONDS or diagnose=SECONDS",
           limit);
    out[phase] = seconds;
  }
  return out;
}

SandboxMode sandbox_mode(const std::string& name) {
  return name == "auto" ? SandboxMode::automatic : name == "required" ? SandboxMode::required : SandboxMode::off;
}

}  // namespace

void complete_options(RunRequest& request) {
  request.options.engine = engine_path(request.engine);
  request.options.limits_s = parse_limits(request.limits);
  if (request.memory_limit > 0)
    request.options.memory_limit_bytes = static_cast<std::uintmax_t>(request.memory_limit * (1 << 30));
  request.options.sandbox = sandbox_mode(request.sandbox);
  request.options.diagnose = !request.no_diagnose;
  request.options.processes = std::max({request.gpus, request.ranks, 1});
  if (request.gpus > 0 && request.options.device == "cpu")
    fail(ErrorKind::usage, "--gpus {} with --device cpu; on the CPU processes are asked for with --ranks",
         request.gpus);
  if (request.gpus > 0 && request.options.device == "auto") request.options.device = "cuda:0";
}

std::vector<std::string> rerun_command(const RunRequest& r, const Pinned& pinned) {
  std::vector<std::string> out = {
      "pgolf", "reproduce", r.submission, "--profile", pinned.profile, "--seed", std::to_string(pinned.seed)};
  for (const std::string& set : pinned.overrides) out.insert(out.end(), {"--set", set});
  const auto add_path = [&](const char* option, const std::filesystem::path& path) {
    if (!path.empty()) out.insert(out.end(), {option, std::filesystem::absolute(path).lexically_normal().string()});
  };
  add_path("--data", r.data.data);
  add_path("--docs", r.data.docs);
  add_path("--tokenizer", r.data.tokenizer);
  add_path("--engine", r.engine);
  if (std::filesystem::exists(r.rules))
    add_path("--rules", r.rules);
  else if (!r.rules.empty())
    out.insert(out.end(), {"--rules", r.rules});  // an id
  if (r.no_diagnose) out.push_back("--no-diagnose");
  if (r.sandbox != "auto") out.insert(out.end(), {"--sandbox", r.sandbox});
  if (r.reading != "strict") out.insert(out.end(), {"--reading", r.reading});
  if (r.data.val_docs > 0) out.insert(out.end(), {"--val-docs", std::to_string(r.data.val_docs)});
  if (r.options.device != "auto") out.insert(out.end(), {"--device", r.options.device});
  if (r.gpus > 0) out.insert(out.end(), {"--gpus", std::to_string(r.gpus)});
  if (r.ranks > 0) out.insert(out.end(), {"--ranks", std::to_string(r.ranks)});
  if (r.options.fast) out.push_back("--fast");
  if (r.options.checkpoint_every > 0)
    out.insert(out.end(), {"--checkpoint-every", std::to_string(r.options.checkpoint_every)});
  if (r.options.threads > 0) out.insert(out.end(), {"--threads", std::to_string(r.options.threads)});
  for (const std::string& limit : r.limits) out.insert(out.end(), {"--limit", limit});
  if (r.memory_limit > 0) out.insert(out.end(), {"--memory-limit", fmt::format("{}", r.memory_limit)});
  if (r.options.published) out.insert(out.end(), {"--clock", "published"});
  if (r.options.replay) out.insert(out.end(), {"--replay", r.options.replay->schedule.replay_of});
  return out;
}

void add_phase_options(CLI::App* verb, RunRequest& r) {
  verb->add_option("--device", r.options.device, "auto, cpu or cuda:N")->check(device_name())->capture_default_str();
  verb->add_option("--threads", r.options.threads, "CPU threads; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  CLI::Option* gpus = verb->add_option("--gpus", r.gpus,
                                       "GPUs that share the submission's ranks in training and evaluation; same result")
                          ->check(CLI::Range(1, kMostProcesses).description(""));
  verb->add_option("--ranks", r.ranks, "the same with processes on any device, for tests and laptops")
      ->check(CLI::Range(1, kMostProcesses).description(""))
      ->excludes(gpus);
  verb->add_option("--sandbox", r.sandbox,
                   "auto: bubblewrap; without it only the engine of this pgolf runs; required; off [PGOLF_SANDBOX]")
      ->envname("PGOLF_SANDBOX")
      ->check(CLI::IsMember({"auto", "required", "off"}))
      ->capture_default_str();
  verb->add_option(
          "--limit", r.limits,
          "PHASE=SECONDS, enforced from outside; may be repeated; default: a day, training its clock and an hour")
      ->allow_extra_args(false)
      ->type_name("PHASE=SECONDS");
  verb->add_option("--memory-limit", r.memory_limit, "of each phase, enforced from outside; default: 15/16 of all")
      ->check(CLI::Range(0.125, 65536.0).description(""))
      ->type_name("GIB");
  verb->add_option("--rules", r.rules, "a ruleset's id or file; default: the latest");
  verb->add_option("--reading", r.reading, "which reading decides the exit code")
      ->check(CLI::IsMember({"strict", "practice"}))
      ->capture_default_str();
  verb->add_option("--engine", r.engine, "the pgolf-engine program [PGOLF_ENGINE]; default: beside pgolf");
}

void add_run_options(CLI::App* verb, RunRequest& r) {
  add_phase_options(verb, r);
  verb->add_flag("--fast", r.options.fast,
                 "let a GPU choose algorithms by measuring them; recorded, and such a run cannot be replayed");
  verb->add_flag("--no-diagnose", r.no_diagnose, "skip scoring before and after quantisation");
  verb->add_option("--fail-on", r.fail_on, "unknown: exit 3 where a required rule has no evidence; fail: exit 0 there")
      ->check(CLI::IsMember({"unknown", "fail"}))
      ->capture_default_str();
}

void add_checkpoint_option(CLI::App* verb, RunRequest& r) {
  verb->add_option("--checkpoint-every", r.options.checkpoint_every,
                   "hash every step, and keep the whole state after each N steps, so that steps can be audited")
      ->check(CLI::Range(1, 1'000'000'000).description(""))
      ->type_name("N");
}

void take_recorded_options(const CLI::App& verb, const RunRecord& record, RunRequest& request) {
  RunRequest then;
  CLI::App recorded;
  add_run_options(&recorded, then);
  recorded.allow_extras();  // the submission, its configuration and data: the run has them itself
  try {
    auto arguments = command_of(record.run);
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    recorded.parse(arguments);
  } catch (const std::exception&) {
    return;  // the command of another pgolf, which had other options
  }
  const auto take = [&](const char* option, auto& here, const auto& there) {
    if (verb.count(option) == 0) here = there;
  };
  take("--device", request.options.device, then.options.device);
  take("--threads", request.options.threads, then.options.threads);
  take("--gpus", request.gpus, then.gpus);
  take("--ranks", request.ranks, then.ranks);
  take("--fast", request.options.fast, then.options.fast);
  take("--sandbox", request.sandbox, then.sandbox);
  take("--limit", request.limits, then.limits);
  take("--memory-limit", request.memory_limit, then.memory_limit);
  take("--no-diagnose", request.no_diagnose, then.no_diagnose);
  take("--rules", request.rules, then.rules);
  take("--reading", request.reading, then.reading);
  take("--fail-on", request.fail_on, then.fail_on);
  take("--engine", request.engine, then.engine);
}

}  // namespace pgolf
