#include "harness/run/engine_phase.h"

#include "base/names.h"

namespace pgolf {

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
