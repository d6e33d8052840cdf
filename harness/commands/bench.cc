#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/notice.h"
#include "engine/dist/comm.h"
#include "harness/cli/cli.h"
#include "harness/commands/registry.h"
#include "harness/commands/scaling.h"
#include "harness/run/engine_tool.h"
#include "resolve/resolve.h"

namespace pgolf {
namespace {

constexpr double kBenchLimit_s = 1800;

struct BenchRequest {
  std::string submission = "334", device = "auto", profile, engine;
  int64_t batch_seqs = 0;
  int gpus = 0, ranks = 0;
  double seconds = 20;
  bool no_ops = false, f32 = false, fast = false, memory = false, sustained = false;
};

// The GPU that `auto` means to the engine, or "cpu".
std::string chosen_device(const std::string& device, const std::filesystem::path& engine, const Sandbox& sandbox) {
  if (device != "auto") return device;
  const Json devices = probe_engine_devices(engine, sandbox);
  for (const Json& gpu : devices.value("gpus", Json::array()))
    if (gpu.value("problem", "?").empty()) return gpu.value("device", "cpu");
  return "cpu";
}

// What a training draws, where the driver tells.
std::string power_text(const Json& scaling) {
  std::string out;
  for (const Json& row : scaling.at("rows"))
    if (row.value("watts", 0.0) > 0)
      out += fmt::format("{} process{}: {:.0f} W, {} MHz at the end, {:.0f} J a million tokens\n",
                         row.value("processes", 0), row.value("processes", 0) == 1 ? "" : "es", row.value("watts", 0.0),
                         row.value("clock_mhz", 0), row.value("joules_per_million_tokens", 0.0));
  return out;
}

int bench(const Globals& globals, const BenchRequest& request) {
  const auto engine = engine_path(request.engine);
  const Sandbox sandbox = Sandbox::choose(SandboxMode::automatic, engine);
  const std::string device = chosen_device(request.device, engine, sandbox);
  const bool cpu = device == "cpu";
  const Submission submission = open_submission(globals.submissions, request.submission);
  ResolveRequest resolving;
  resolving.profile = !request.profile.empty() ? request.profile : cpu ? "demo" : kRecordProfile;
  const ScratchDirectory scratch;
  const auto pinned = scratch.path() / "pinned.json";
  const Pinned resolved = resolve(submission, resolving).pinned;
  write_pinned(pinned, resolved);
  notice(
      "bench: {} profile {} on {}{}", submission.id, resolving.profile, device,
      cpu && request.profile.empty() ? "; --profile record measures the submission as it ran, which takes long" : "");
  const bool sustained_alone = request.sustained || request.gpus > 0 || request.ranks > 0;
  Json scaling;  // a GPU slows down when it reaches its power limit: what a run gets comes before any table
  if (sustained_alone || !(cpu || request.memory || request.no_ops || request.f32)) {
    scaling = measure_scaling({engine, pinned, device, resolved.config.train.world_size,
                               std::max({request.gpus, request.ranks, 1}), request.seconds, request.fast},
                              sandbox);
    scaling["profile"] = resolving.profile;
  }
  const std::string scaling_lines = scaling.is_null() ? "" : scaling_text(scaling) + power_text(scaling);
  if (sustained_alone) {
    print_result(globals, scaling, scaling_lines);
    return 0;
  }
  std::vector<std::string> arguments = {request.memory ? "memory" : "bench", "--pinned", pinned.string(), "--device",
                                        device};
  if (request.memory) arguments.emplace_back("--measure");
  if (request.batch_seqs > 0) arguments.insert(arguments.end(), {"--batch-seqs", std::to_string(request.batch_seqs)});
  if (request.no_ops) arguments.emplace_back("--no-ops");
  if (request.f32) arguments.emplace_back("--f32");
  if (request.fast) arguments.emplace_back("--fast");
  if (globals.json) arguments.emplace_back("--json");
  const std::string text = run_engine_tool(engine, arguments, kBenchLimit_s, sandbox);
  Json document;
  if (globals.json) {
    document = parse_json(text, "pgolf-engine " + arguments.front());
    document["profile"] = resolving.profile;
    if (!scaling.is_null()) document["sustained"] = scaling.at("rows").at(0);
  }
  print_result(globals, document, scaling_lines.empty() ? text : scaling_lines + '\n' + text);
  return 0;
}

}  // namespace

void add_bench(Cli& cli) {
  const auto request = std::make_shared<BenchRequest>();
  CLI::App* verb = cli.verb("bench", "Time a submission's model and each of its ops on a device",
                            "pgolf bench --submission 849 --device cuda:0");
  verb->add_option("--submission", request->submission, "334, pr-334, or a directory")->capture_default_str();
  verb->add_option("--device", request->device, "auto, cpu or cuda:N")->capture_default_str();
  verb->add_option("--profile", request->profile, "default: record on a GPU, demo on the CPU");
  CLI::Option* rows = verb->add_option("--batch-seqs", request->batch_seqs,
                                       "rows of a batch; default: the micro-batch, on the CPU one row")
                          ->check(CLI::PositiveNumber);
  CLI::Option* no_ops = verb->add_flag("--no-ops", request->no_ops, "the whole model only");
  verb->add_flag("--memory", request->memory, "instead: what each phase needs of memory, and takes on the device")
      ->excludes(no_ops)
      ->excludes(rows);
  CLI::Option* gpus =
      verb->add_option("--gpus", request->gpus,
                       "instead: training over many seconds on 1, 2, 4, ... N GPUs that share the ranks")
          ->check(CLI::Range(1, kMostProcesses).description(""));
  verb->add_option("--ranks", request->ranks, "the same with processes on any device")
      ->check(CLI::Range(1, kMostProcesses).description(""))
      ->excludes(gpus);
  verb->add_flag("--sustained", request->sustained, "the same in one process");
  verb->add_option("--seconds", request->seconds, "of each such training; a GPU slows down in the first ten")
      ->check(CLI::Range(1.0, 3600.0).description(""))
      ->capture_default_str();
  verb->add_flag("--f32", request->f32, "compute in float32 on a GPU too");
  verb->add_flag("--fast", request->fast, "let a GPU choose algorithms by measuring them");
  verb->add_option("--engine", request->engine, "the pgolf-engine program [PGOLF_ENGINE]; default: beside pgolf");
  verb->callback([&cli, request] { cli.action = [&cli, request] { return bench(cli.globals, *request); }; });
}

}  // namespace pgolf
