// What is started as a phase of the engine, and how far it may go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/process/memory.h"
#include "harness/sandbox/watch.h"

namespace pgolf {

struct PhaseLimit {
  double ms = 0;
  // The part of the phase whose start, seen by us, starts the limit's clock ("train"); without one, or before it is
  // reported, the process's start does.
  std::string part;
};

struct PhaseCommand {
  std::vector<std::string> argv;         // complete, sandbox included; argv[0] an absolute path
  std::vector<std::string> environment;  // "NAME=value"
  std::filesystem::path directory;       // current directory of the phase
  std::filesystem::path events;          // its event log, followed while it runs
  std::filesystem::path stdout_file, stderr_file;
  std::optional<PhaseLimit> limit;
  std::optional<WatchedPhase> watch = std::nullopt;  // of a phase in a sandbox
  // Beyond these it is ended as over a limit: files in its directory, memory and threads of all its processes.
  std::uintmax_t most_bytes = std::uintmax_t{8} << 30, most_memory = default_memory_limit();
  int64_t most_tasks = 4096;
  double grace_ms = 5000;  // between SIGTERM and SIGKILL
};

}  // namespace pgolf
