#include "harness/run/engine_phase.h"

#include "base/names.h"
#include "engine/dist/comm.h"
#include "harness/run/engine_tool.h"
#include "harness/run/preflight.h"

namespace pgolf {

void check_phases(const std::vector<std::string>& phases, const Pinned& pinned, const RunOptions& options,
                  const Sandbox& sandbox) {
  const std::filesystem::path engine = std::filesystem::absolute(options.engine);
  check_programs(pinned.config, sandbox);
  check_processes(options.processes, pinned.config.train.world_size);
  if (options.processes > 1 && options.device != "cpu")
    check_gpus(probe_engine_devices(engine, sandbox), options.device, options.processes, sandbox.isolates());
  check_memory(ask_engine_memory(engine, pinned, options.device, options.fast, sandbox), phases,
               options.memory_limit_bytes.value_or(default_memory_limit()), options.processes);
}

PhaseCommand command_of(const EnginePhase& engine, const RunOptions& options, const Sandbox& sandbox,
                        const RunDirectory& directory) {
  const std::filesystem::path scratch = directory.scratch(engine.phase);
  std::vector<std::string> argv = {std::filesystem::absolute(options.engine).string(),
                                   engine.phase,
                                   "--pinned",
                                   directory.pinned().string(),
                                   "--run",
                                   scratch.string(),
                                   "--device",
                                   options.device,
                                   "--threads",
                                   std::to_string(options.threads),
                                   "--progress",
                                   "off"};
  if (options.fast) argv.emplace_back("--fast");
  if (options.processes > 1 && (engine.phase == kTrainPhase || engine.phase == kEvalPhase))
    argv.insert(argv.end(), {"--processes", std::to_string(options.processes)});
  argv.insert(argv.end(), engine.arguments.begin(), engine.arguments.end());
  PhaseCommand out{.argv = sandbox.wrap(argv, engine.files),
                   .environment = phase_environment(sandbox.isolates()),
                   .directory = scratch,
                   .events = scratch / (engine.phase + ".events.jsonl"),
                   .stdout_file = directory.output(engine.phase, "stdout"),
                   .stderr_file = directory.output(engine.phase, "stderr"),
                   .limit = engine.limit,
                   .watch = sandbox.isolates()
                                ? std::optional(WatchedPhase{argv.front(), engine.files, options.processes > 1})
                                : std::nullopt};
  if (options.memory_limit_bytes) out.most_memory = *options.memory_limit_bytes;
  return out;
}

}  // namespace pgolf
